{{ adherence_measure('PDC-STA', 'statin') }}
