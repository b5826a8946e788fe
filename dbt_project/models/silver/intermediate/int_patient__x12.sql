{{ patients_of_mentions('x12') }}
