{{ adherence_measure('PDC-RASA', 'ras antagonist', excluded='sacubitril') }}
