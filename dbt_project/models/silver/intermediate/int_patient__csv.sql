{{ patients_of_mentions('csv') }}
