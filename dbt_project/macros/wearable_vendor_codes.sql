{#- What numbers and names of wearables' vendors stand for, as their APIs document them. -#}

{% macro withings_kinds() -%}
    {{ return({
    1: ('body_weight', 'kg'), 4: ('body_height', 'm'), 5: ('lean_body_mass', 'kg'), 6: ('body_fat_percentage', '%'),
    8: ('body_fat_mass', 'kg'), 9: ('diastolic_blood_pressure', 'mm[Hg]'), 10: ('systolic_blood_pressure', 'mm[Hg]'),
    11: ('heart_rate', '/min'), 12: ('ambient_temperature', 'Cel'), 54: ('oxygen_saturation', '%'), 71: ('body_temperature', 'Cel'),
    73: ('skin_temperature', 'Cel'), 76: ('muscle_mass', 'kg'), 77: ('body_water_mass', 'kg'), 88: ('bone_mass', 'kg'),
    91: ('pulse_wave_velocity', 'm/s'), 123: ('vo2_max', 'mL/kg/min'), 135: ('qrs_interval', 'ms'), 136: ('pr_interval', 'ms'),
    137: ('qt_interval', 'ms'), 138: ('corrected_qt_interval', 'ms'), 155: ('vascular_age', 'a'), 168: ('extracellular_water', 'kg'),
    169: ('intracellular_water', 'kg'), 170: ('visceral_fat', '{index}'), 226: ('basal_metabolic_rate', 'kcal/d'), 227: ('metabolic_age', 'a'),
}) }}
{%- endmacro %}

{% macro withings_day_values() -%}
    {{ return([
    ('steps', 'step_count', "'{steps}'"), ('distance', 'distance', "'m'"), ('elevation', 'elevation_gain', "'m'"),
    ('soft', 'light_activity', "'s'"), ('moderate', 'moderate_activity', "'s'"), ('intense', 'vigorous_activity', "'s'"),
    ('active', 'active_duration', "'s'"), ('calories', 'active_calories', "'kcal'"), ('totalcalories', 'calories_burned', "'kcal'"),
    ('hr_average', 'heart_rate', "'/min'", none, 'average'), ('hr_min', 'heart_rate', "'/min'", none, 'minimum'),
    ('hr_max', 'heart_rate', "'/min'", none, 'maximum'),
]) }}
{%- endmacro %}

{% macro withings_minute_values() -%}
    {{ return([
    ('steps', 'step_count', "'{steps}'"), ('distance', 'distance', "'m'"), ('elevation', 'elevation_gain', "'m'"),
    ('calories', 'active_calories', "'kcal'"), ('heart_rate', 'heart_rate', "'/min'"), ('spo2_auto', 'oxygen_saturation', "'%'"),
    ('rmssd', 'heart_rate_variability_rmssd', "'ms'"), ('sdnn1', 'heart_rate_variability_sdnn', "'ms'"),
    ('stroke', 'swimming_strokes', "'{count}'"), ('pool_lap', 'pool_laps', "'{count}'"),
]) }}
{%- endmacro %}

{% macro withings_night_values() -%}
    {{ return([
    ('asleep', 'sleep_duration', "'s'", "coalesce(item ->> '$.data.total_sleep_time', (try_cast(item ->> '$.data.lightsleepduration' as bigint) + try_cast(item ->> '$.data.deepsleepduration' as bigint) + coalesce(try_cast(item ->> '$.data.remsleepduration' as bigint), 0))::varchar)"),
    ('lightsleepduration', 'light_sleep_duration', "'s'", "(item ->> '$.data.lightsleepduration')"),
    ('deepsleepduration', 'deep_sleep_duration', "'s'", "(item ->> '$.data.deepsleepduration')"),
    ('remsleepduration', 'rem_sleep_duration', "'s'", "(item ->> '$.data.remsleepduration')"),
    ('durationtosleep', 'sleep_latency', "'s'", "coalesce(item ->> '$.data.sleep_latency', (item ->> '$.data.durationtosleep'))"),
    ('wakeupduration', 'wake_duration', "'s'", "(item ->> '$.data.wakeupduration')"),
    ('waso', 'wake_after_sleep_onset', "'s'", "(item ->> '$.data.waso')"),
    ('wakeupcount', 'awakenings', "'{count}'", "(item ->> '$.data.wakeupcount')"),
    ('total_timeinbed', 'time_in_bed', "'s'", "(item ->> '$.data.total_timeinbed')"),
    ('sleep_efficiency', 'sleep_efficiency', "'1'", "(item ->> '$.data.sleep_efficiency')"),
    ('sleep_score', 'sleep_score', "'{score}'", "(item ->> '$.data.sleep_score')"),
    ('snoring', 'snoring_duration', "'s'", "(item ->> '$.data.snoring')"),
    ('apnea_hypopnea_index', 'apnea_hypopnea_index', "'/h'", "(item ->> '$.data.apnea_hypopnea_index')"),
    ('spo2_average', 'oxygen_saturation', "'%'", "(item ->> '$.data.spo2_average')", 'average'),
    ('hr_average', 'heart_rate', "'/min'", "(item ->> '$.data.hr_average')", 'average'),
    ('hr_min', 'heart_rate', "'/min'", "(item ->> '$.data.hr_min')", 'minimum'),
    ('hr_max', 'heart_rate', "'/min'", "(item ->> '$.data.hr_max')", 'maximum'),
    ('rr_average', 'respiratory_rate', "'/min'", "(item ->> '$.data.rr_average')", 'average'),
    ('rr_min', 'respiratory_rate', "'/min'", "(item ->> '$.data.rr_min')", 'minimum'),
    ('rr_max', 'respiratory_rate', "'/min'", "(item ->> '$.data.rr_max')", 'maximum'),
    ('calories', 'active_calories', "'kcal'", "(item ->> '$.data.calories')"),
    ('steps', 'step_count', "'{steps}'", "(item ->> '$.data.steps')"),
    ('distance', 'distance', "'m'", "(item ->> '$.data.distance')"),
    ('elevation', 'elevation_gain', "'m'", "(item ->> '$.data.elevation')"),
    ('duration', 'exercise_duration', "'s'", "case when (item ->> '$.category') is not null then (try_cast(item ->> '$.enddate' as bigint) - try_cast(item ->> '$.startdate' as bigint))::varchar end"),
]) }}
{%- endmacro %}

{% macro withings_workouts() -%}
    {{ return({
    1: 'Walk', 2: 'Run', 3: 'Hiking', 4: 'Skating', 5: 'BMX', 6: 'Bicycling', 7: 'Swimming', 8: 'Surfing', 9: 'Kitesurfing',
    10: 'Windsurfing', 11: 'Bodyboard', 12: 'Tennis', 13: 'Table tennis', 14: 'Squash', 15: 'Badminton', 16: 'Lift weights',
    17: 'Calisthenics', 18: 'Elliptical', 19: 'Pilates', 20: 'Basket-ball', 21: 'Soccer', 22: 'Football', 23: 'Rugby',
    24: 'Volley-ball', 25: 'Waterpolo', 26: 'Horse riding', 27: 'Golf', 28: 'Yoga', 29: 'Dancing', 30: 'Boxing', 31: 'Fencing',
    32: 'Wrestling', 33: 'Martial arts', 34: 'Skiing', 35: 'Snowboarding', 36: 'Other', 187: 'Rowing', 188: 'Zumba', 191: 'Baseball',
    192: 'Handball', 193: 'Hockey', 194: 'Ice hockey', 195: 'Climbing', 196: 'Ice skating', 272: 'Multi-sport',
    306: 'Indoor walk', 307: 'Indoor running', 308: 'Indoor cycling',
}) }}
{%- endmacro %}

{% macro googlefit_types() -%}
    {{ return({
    'step_count.delta': [('step_count', '{steps}')], 'step_count.cumulative': [('cumulative_step_count', '{steps}')],
    'step_count.cadence': [('cadence', '{steps}/min')],
    'distance.delta': [('distance', 'm')], 'calories.expended': [('calories_burned', 'kcal')],
    'calories.bmr': [('basal_metabolic_rate', 'kcal/d')], 'calories.bmr.summary': [('basal_metabolic_rate', 'kcal/d', 'average'), ('basal_metabolic_rate', 'kcal/d', 'maximum'), ('basal_metabolic_rate', 'kcal/d', 'minimum')],
    'heart_rate.bpm': [('heart_rate', '/min')],
    'heart_rate.summary': [('heart_rate', '/min', 'average'), ('heart_rate', '/min', 'maximum'), ('heart_rate', '/min', 'minimum')],
    'weight': [('body_weight', 'kg')],
    'weight.summary': [('body_weight', 'kg', 'average'), ('body_weight', 'kg', 'maximum'), ('body_weight', 'kg', 'minimum')],
    'height': [('body_height', 'm')],
    'height.summary': [('body_height', 'm', 'average'), ('body_height', 'm', 'maximum'), ('body_height', 'm', 'minimum')],
    'body.fat.percentage': [('body_fat_percentage', '%')],
    'body.fat.percentage.summary': [('body_fat_percentage', '%', 'average'), ('body_fat_percentage', '%', 'maximum'), ('body_fat_percentage', '%', 'minimum')],
    'body.temperature': [('body_temperature', 'Cel')], 'blood_pressure': [('systolic_blood_pressure', 'mm[Hg]'), ('diastolic_blood_pressure', 'mm[Hg]')],
    'blood_glucose': [('blood_glucose', 'mmol/L')], 'oxygen_saturation': [('oxygen_saturation', '%')],
    'respiratory_rate': [('respiratory_rate', '/min')], 'active_minutes': [('exercise_duration', 'min')],
    'heart_minutes': [('heart_minutes', '{score}')], 'move_minutes': [('exercise_duration', 'min')],
    'speed': [('speed', 'm/s')], 'speed.summary': [('speed', 'm/s', 'average'), ('speed', 'm/s', 'maximum'), ('speed', 'm/s', 'minimum')],
    'hydration': [('hydration', 'L')], 'power.sample': [('power', 'W')], 'cycling.pedaling.cadence': [('cadence', '/min')],
}) }}
{%- endmacro %}

{% macro googlefit_activities() -%}
    {{ return({
    0: 'In vehicle', 1: 'Biking', 2: 'On foot', 3: 'Still', 4: 'Unknown', 5: 'Tilting', 7: 'Walking', 8: 'Running', 9: 'Aerobics',
    10: 'Badminton', 11: 'Baseball', 12: 'Basketball', 13: 'Biathlon', 14: 'Handbiking', 15: 'Mountain biking', 16: 'Road biking',
    17: 'Spinning', 18: 'Stationary biking', 19: 'Utility biking', 20: 'Boxing', 21: 'Calisthenics', 22: 'Circuit training',
    23: 'Cricket', 24: 'Dancing', 25: 'Elliptical', 26: 'Fencing', 27: 'American football', 28: 'Australian football',
    29: 'English football', 30: 'Frisbee', 31: 'Gardening', 32: 'Golf', 33: 'Gymnastics', 34: 'Handball', 35: 'Hiking', 36: 'Hockey',
    37: 'Horseback riding', 38: 'Housework', 39: 'Jumping rope', 40: 'Kayaking', 41: 'Kettlebell training', 42: 'Kickboxing',
    43: 'Kitesurfing', 44: 'Martial arts', 45: 'Meditation', 46: 'Mixed martial arts', 47: 'P90X', 48: 'Paragliding', 49: 'Pilates',
    50: 'Polo', 51: 'Racquetball', 52: 'Rock climbing', 53: 'Rowing', 54: 'Rowing machine', 55: 'Rugby', 56: 'Jogging',
    57: 'Running on sand', 58: 'Running (treadmill)', 59: 'Sailing', 60: 'Scuba diving', 61: 'Skateboarding', 62: 'Skating',
    63: 'Cross skating', 64: 'Inline skating', 65: 'Skiing', 66: 'Back-country skiing', 67: 'Cross-country skiing',
    68: 'Downhill skiing', 69: 'Kite skiing', 70: 'Roller skiing', 71: 'Sledding', 73: 'Snowboarding', 74: 'Snowmobile',
    75: 'Snowshoeing', 76: 'Squash', 77: 'Stair climbing', 78: 'Stair climbing machine', 79: 'Stand-up paddleboarding',
    80: 'Strength training', 81: 'Surfing', 82: 'Swimming', 83: 'Swimming (swimming pool)', 84: 'Swimming (open water)',
    85: 'Table tennis', 86: 'Team sports', 87: 'Tennis', 88: 'Treadmill', 89: 'Volleyball', 90: 'Volleyball (beach)',
    91: 'Volleyball (indoor)', 92: 'Wakeboarding', 93: 'Walking (fitness)', 94: 'Nordic walking', 95: 'Walking (treadmill)',
    96: 'Waterpolo', 97: 'Weightlifting', 98: 'Wheelchair', 99: 'Windsurfing', 100: 'Yoga', 101: 'Zumba', 102: 'Diving',
    103: 'Ergometer', 104: 'Ice skating', 105: 'Indoor skating', 106: 'Curling', 108: 'Other', 112: 'Awake', 113: 'Crossfit',
    114: 'HIIT', 115: 'Interval training', 116: 'Walking (stroller)', 117: 'Elevator', 118: 'Escalator', 119: 'Archery',
    120: 'Softball', 122: 'Guided breathing',
}) }}
{%- endmacro %}

{% macro googlefit_sleeps() -%}
    {{ return({
    'activity.segment 72': 'sleep_duration', 'activity.segment 109': 'light_sleep_duration',
    'activity.segment 110': 'deep_sleep_duration', 'activity.segment 111': 'rem_sleep_duration',
    'activity.segment 112': 'wake_duration', 'sleep.segment 1': 'wake_duration', 'sleep.segment 2': 'sleep_duration',
    'sleep.segment 3': 'out_of_bed_duration', 'sleep.segment 4': 'light_sleep_duration',
    'sleep.segment 5': 'deep_sleep_duration', 'sleep.segment 6': 'rem_sleep_duration',
}) }}
{%- endmacro %}

{% macro garmin_day_values() -%}
    {{ return([
    ('restingHeartRate', 'resting_heart_rate', "'/min'"), ('minHeartRate', 'heart_rate', "'/min'", none, 'minimum'),
    ('maxHeartRate', 'heart_rate', "'/min'", none, 'maximum'),
    ('lastSevenDaysAvgRestingHeartRate', 'average_resting_heart_rate', "'/min'"),
    ('lowestRespirationValue', 'respiratory_rate', "'/min'", none, 'minimum'),
    ('highestRespirationValue', 'respiratory_rate', "'/min'", none, 'maximum'),
    ('avgWakingRespirationValue', 'respiratory_rate', "'/min'", none, 'average while awake'),
    ('avgSleepRespirationValue', 'respiratory_rate', "'/min'", none, 'average during sleep'),
    ('averageSpO2', 'oxygen_saturation', "'%'", none, 'average'), ('averageSpo2', 'oxygen_saturation', "'%'", none, 'average'),
    ('lowestSpO2', 'oxygen_saturation', "'%'", none, 'minimum'), ('lowestSpo2', 'oxygen_saturation', "'%'", none, 'minimum'),
    ('avgSleepSpO2', 'oxygen_saturation', "'%'", none, 'average during sleep'),
    ('avgStressLevel', 'stress_level', "'{score}'", none, 'average'), ('maxStressLevel', 'stress_level', "'{score}'", none, 'maximum'),
    ('averageStressLevel', 'stress_level', "'{score}'", none, 'average'),
    ('valueInML', 'hydration', "'mL'"), ('sweatLossInML', 'sweat_loss', "'mL'"),
    ('totalSteps', 'step_count', "'{steps}'"), ('totalDistanceMeters', 'distance', "'m'"), ('totalDistance', 'distance', "'m'"),
    ('totalKilocalories', 'calories_burned', "'kcal'"), ('activeKilocalories', 'active_calories', "'kcal'"),
    ('bmrKilocalories', 'basal_metabolic_rate', "'kcal/d'"), ('floorsAscended', 'floors_climbed', "'{flights}'"),
    ('floorsDescended', 'floors_descended', "'{flights}'"),
    ('moderateIntensityMinutes', 'moderate_activity', "'min'"), ('vigorousIntensityMinutes', 'vigorous_activity', "'min'"),
    ('sedentarySeconds', 'sedentary_duration', "'s'"), ('activeSeconds', 'active_duration', "'s'"),
    ('highlyActiveSeconds', 'highly_active_duration', "'s'"), ('measurableAwakeDuration', 'awake_duration', "'s'"),
    ('weeklyAvg', 'heart_rate_variability_rmssd', "'ms'", "(item ->> '$.hrvSummary.weeklyAvg')", 'average of the week'),
    ('lastNightAvg', 'heart_rate_variability_rmssd', "'ms'", "(item ->> '$.hrvSummary.lastNightAvg')", 'average of the night'),
    ('lastNight5MinHigh', 'heart_rate_variability_rmssd', "'ms'", "(item ->> '$.hrvSummary.lastNight5MinHigh')", 'maximum of five minutes'),
]) }}
{%- endmacro %}

{% macro garmin_night_values() -%}
    {{ return([
    ('sleepTimeSeconds', 'sleep_duration', "'s'"), ('deepSleepSeconds', 'deep_sleep_duration', "'s'"),
    ('lightSleepSeconds', 'light_sleep_duration', "'s'"), ('remSleepSeconds', 'rem_sleep_duration', "'s'"),
    ('awakeSleepSeconds', 'wake_after_sleep_onset', "'s'"), ('awakeCount', 'awakenings', "'{count}'"),
    ('napTimeSeconds', 'nap_duration', "'s'", "nullif(item ->> '$.napTimeSeconds', '0')"),
    ('averageRespirationValue', 'respiratory_rate', "'/min'", none, 'average'),
    ('lowestRespirationValue', 'respiratory_rate', "'/min'", none, 'minimum'),
    ('highestRespirationValue', 'respiratory_rate', "'/min'", none, 'maximum'),
    ('averageSpO2Value', 'oxygen_saturation', "'%'", none, 'average'), ('lowestSpO2Value', 'oxygen_saturation', "'%'", none, 'minimum'),
    ('highestSpO2Value', 'oxygen_saturation', "'%'", none, 'maximum'), ('averageSpO2HRSleep', 'heart_rate', "'/min'", none, 'average'),
    ('avgHeartRate', 'heart_rate', "'/min'", none, 'average'), ('avgSleepStress', 'stress_level', "'{score}'", none, 'average'),
    ('overall', 'sleep_score', "'{score}'", "(item ->> '$.sleepScores.overall.value')"),
]) }}
{%- endmacro %}

{% macro garmin_activity_values() -%}
    {{ return([
    ('distance', 'distance', "'m'"), ('duration', 'exercise_duration', "'s'"), ('calories', 'calories_burned', "'kcal'"),
    ('steps', 'step_count', "'{steps}'"), ('averageHR', 'heart_rate', "'/min'", none, 'average'),
    ('maxHR', 'heart_rate', "'/min'", none, 'maximum'), ('elevationGain', 'elevation_gain', "'m'"), ('averageSpeed', 'speed', "'m/s'", none, 'average'),
]) }}
{%- endmacro %}

{% macro garmin_scale_values() -%}
    {{ return([
    ('weight', 'body_weight', "'g'"), ('bmi', 'body_mass_index', "'kg/m2'"), ('bodyFat', 'body_fat_percentage', "'%'"),
    ('bodyWater', 'body_water_percentage', "'%'"), ('boneMass', 'bone_mass', "'g'"), ('muscleMass', 'muscle_mass', "'g'"),
    ('visceralFat', 'visceral_fat', "'{index}'"), ('metabolicAge', 'metabolic_age', "'a'"),
]) }}
{%- endmacro %}

{% macro garmin_health_values() -%}
    {{ return([
    ('steps', 'step_count', "'{steps}'"), ('distanceInMeters', 'distance', "'m'"), ('activeKilocalories', 'active_calories', "'kcal'"),
    ('bmrKilocalories', 'basal_metabolic_rate', "'kcal/d'"), ('activeTimeInSeconds', 'active_duration', "'s'"),
    ('floorsClimbed', 'floors_climbed', "'{flights}'"), ('restingHeartRateInBeatsPerMinute', 'resting_heart_rate', "'/min'"),
    ('averageHeartRateInBeatsPerMinute', 'heart_rate', "'/min'", none, 'average'),
    ('minHeartRateInBeatsPerMinute', 'heart_rate', "'/min'", none, 'minimum'), ('maxHeartRateInBeatsPerMinute', 'heart_rate', "'/min'", none, 'maximum'),
    ('moderateIntensityDurationInSeconds', 'moderate_activity', "'s'"), ('vigorousIntensityDurationInSeconds', 'vigorous_activity', "'s'"),
    ('averageStressLevel', 'stress_level', "'{score}'", none, 'average'), ('maxStressLevel', 'stress_level', "'{score}'", none, 'maximum'),
    ('deepSleepDurationInSeconds', 'deep_sleep_duration', "'s'"), ('lightSleepDurationInSeconds', 'light_sleep_duration', "'s'"),
    ('remSleepInSeconds', 'rem_sleep_duration', "'s'"), ('awakeDurationInSeconds', 'wake_after_sleep_onset', "'s'"),
    ('weightInGrams', 'body_weight', "'g'"), ('bodyFatInPercent', 'body_fat_percentage', "'%'"), ('bodyWaterInPercent', 'body_water_percentage', "'%'"),
    ('bodyMassIndex', 'body_mass_index', "'kg/m2'"), ('boneMassInGrams', 'bone_mass', "'g'"), ('muscleMassInGrams', 'muscle_mass', "'g'"),
    ('vo2Max', 'vo2_max', "'mL/kg/min'"), ('systolic', 'systolic_blood_pressure', "'mm[Hg]'"), ('diastolic', 'diastolic_blood_pressure', "'mm[Hg]'"),
    ('pulse', 'heart_rate', "'/min'"), ('averageSpeedInMetersPerSecond', 'speed', "'m/s'", none, 'average'),
    ('totalElevationGainInMeters', 'elevation_gain', "'m'"), ('lastNightAvg', 'heart_rate_variability_rmssd', "'ms'", none, 'average of the night'),
]) }}
{%- endmacro %}

{% macro fitbit_series() -%}
    {{ return({
    'activities-steps': ('step_count', '{steps}'), 'activities-distance': ('distance', 'km'), 'activities-floors': ('floors_climbed', '{flights}'),
    'activities-elevation': ('elevation_gain', 'm'), 'activities-calories': ('calories_burned', 'kcal'),
    'activities-caloriesBMR': ('basal_metabolic_rate', 'kcal/d'), 'activities-activityCalories': ('active_calories', 'kcal'),
    'activities-minutesSedentary': ('sedentary_duration', 'min'), 'activities-minutesLightlyActive': ('light_activity', 'min'),
    'activities-minutesFairlyActive': ('moderate_activity', 'min'), 'activities-minutesVeryActive': ('vigorous_activity', 'min'),
    'activities-heart': ('heart_rate', '/min'), 'activities-swimming-strokes': ('swimming_strokes', '{count}'),
    'body-weight': ('body_weight', 'kg'), 'body-fat': ('body_fat_percentage', '%'), 'body-bmi': ('body_mass_index', 'kg/m2'),
    'sleep-minutesAsleep': ('sleep_duration', 'min'), 'sleep-timeInBed': ('time_in_bed', 'min'),
    'sleep-minutesAwake': ('wake_after_sleep_onset', 'min'), 'sleep-awakeningsCount': ('awakenings', '{count}'),
    'sleep-efficiency': ('sleep_efficiency', '%'), 'sleep-minutesToFallAsleep': ('sleep_latency', 'min'),
    'sleep-minutesAfterWakeup': ('minutes_after_wakeup', 'min'), 'foods-caloriesIn': ('calorie_intake', 'kcal'),
    'foods-water': ('hydration', 'mL'),
}) }}
{%- endmacro %}
