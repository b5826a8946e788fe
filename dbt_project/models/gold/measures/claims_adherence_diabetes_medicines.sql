{{ adherence_measure('PDC-DR', 'diabetes', excluded='insulin') }}
