"""The vocabularies the eight systems speak: what can be measured, prescribed, given, done and
charged.

Displays are our own words. LOINC, RxNorm, CVX, ICD-10-CM and HCPCS level II codes are public;
codes that begin with `WS` are the hospital's own. NDCs use labeler numbers that no labeler has.
How often things happen is not said here but in `parameters.yml`.
"""

from __future__ import annotations

from typing import NamedTuple


class LabTest(NamedTuple):
    """One analyte as the reference laboratory reports it."""

    code: str
    name: str
    loinc: str
    unit: str
    low: float | None
    high: float | None
    decimals: int
    alternative: tuple[str, float, float, int] | None = None  # unit, factor, offset, decimals


_MMOL_GLUCOSE = ("mmol/L", 1 / 18.016, 0.0, 1)
_MMOL_CHOLESTEROL = ("mmol/L", 1 / 38.67, 0.0, 2)
_MMOL_TRIGLYCERIDE = ("mmol/L", 1 / 88.57, 0.0, 2)
_UMOL_CREATININE = ("umol/L", 88.42, 0.0, 0)
_G_PER_L = ("g/L", 10.0, 0.0, 0)
# IFCC = (NGSP - 2.152) / 0.09148 (NGSP master equation)
_IFCC_A1C = ("mmol/mol", 1 / 0.09148, -2.152 / 0.09148, 0)

LAB_TESTS: dict[str, LabTest] = {
    test.code: test
    for test in (
        LabTest("GLU", "Glucose", "2345-7", "mg/dL", 70, 99, 0, _MMOL_GLUCOSE),
        LabTest("BUN", "Urea nitrogen", "3094-0", "mg/dL", 7, 20, 0),
        LabTest("CREA", "Creatinine", "2160-0", "mg/dL", 0.6, 1.2, 2, _UMOL_CREATININE),
        LabTest("EGFR", "Estimated GFR", "98979-8", "mL/min/{1.73_m2}", 60, None, 0),
        LabTest("NA", "Sodium", "2951-2", "mmol/L", 136, 145, 0),
        LabTest("K", "Potassium", "2823-3", "mmol/L", 3.5, 5.1, 1),
        LabTest("CL", "Chloride", "2075-0", "mmol/L", 98, 107, 0),
        LabTest("CO2", "Carbon dioxide", "2028-9", "mmol/L", 22, 29, 0),
        LabTest("CA", "Calcium", "17861-6", "mg/dL", 8.6, 10.2, 1),
        LabTest("ALB", "Albumin", "1751-7", "g/dL", 3.5, 5.0, 1, _G_PER_L),
        LabTest("TP", "Total protein", "2885-2", "g/dL", 6.0, 8.3, 1, _G_PER_L),
        LabTest("TBIL", "Total bilirubin", "1975-2", "mg/dL", 0.1, 1.2, 1),
        LabTest("ALP", "Alkaline phosphatase", "6768-6", "U/L", 40, 130, 0),
        LabTest("ALT", "Alanine aminotransferase", "1742-6", "U/L", 7, 56, 0),
        LabTest("AST", "Aspartate aminotransferase", "1920-8", "U/L", 10, 40, 0),
        LabTest("A1C", "Haemoglobin A1c", "4548-4", "%", 4.0, 5.6, 1, _IFCC_A1C),
        LabTest("CHOL", "Total cholesterol", "2093-3", "mg/dL", None, 200, 0, _MMOL_CHOLESTEROL),
        LabTest("TRIG", "Triglycerides", "2571-8", "mg/dL", None, 150, 0, _MMOL_TRIGLYCERIDE),
        LabTest("HDL", "HDL cholesterol", "2085-9", "mg/dL", 40, None, 0, _MMOL_CHOLESTEROL),
        LabTest(
            "LDL", "LDL cholesterol, computed", "13457-7", "mg/dL", None, 130, 0, _MMOL_CHOLESTEROL
        ),
        LabTest("WBC", "White cells", "6690-2", "10*3/uL", 4.0, 11.0, 1),
        LabTest("RBC", "Red cells", "789-8", "10*6/uL", 4.0, 5.8, 2),
        LabTest("HGB", "Haemoglobin", "718-7", "g/dL", 12.0, 17.0, 1, _G_PER_L),
        LabTest("HCT", "Haematocrit", "4544-3", "%", 36, 50, 1),
        LabTest("PLT", "Platelets", "777-3", "10*3/uL", 150, 400, 0),
        LabTest("NTBNP", "NT-proBNP", "33762-6", "pg/mL", None, 125, 0),
        LabTest("TSH", "Thyrotropin", "3016-3", "m[IU]/L", 0.4, 4.5, 2),
        LabTest("UACR", "Albumin to creatinine, urine", "9318-7", "mg/g", None, 30, 0),
        LabTest("PSA", "Prostate specific antigen", "2857-1", "ng/mL", None, 4.0, 2),
        LabTest("TROP", "Troponin I", "10839-9", "ng/mL", None, 0.04, 3),
        LabTest("LACT", "Lactate", "2524-7", "mmol/L", 0.5, 2.0, 1),
        LabTest("VITD", "Vitamin D, 25-hydroxy", "1989-3", "ng/mL", 30, 100, 0),
        LabTest("FIT", "Stool blood, immunochemical", "29771-3", "", None, None, 0),
        LabTest("COVRNA", "SARS-CoV-2 RNA", "94500-6", "", None, None, 0),
    )
}


class Panel(NamedTuple):
    """An orderable test or group of tests (OBR-4)."""

    code: str
    name: str
    loinc: str
    tests: tuple[str, ...]
    charge: str


PANELS: dict[str, Panel] = {
    panel.code: panel
    for panel in (
        Panel(
            "BMP",
            "Basic metabolic panel",
            "51990-0",
            ("GLU", "BUN", "CREA", "EGFR", "NA", "K", "CL", "CO2", "CA"),
            "WS801",
        ),
        Panel(
            "CMP",
            "Comprehensive metabolic panel",
            "24323-8",
            (
                "GLU",
                "BUN",
                "CREA",
                "EGFR",
                "NA",
                "K",
                "CL",
                "CO2",
                "CA",
                "ALB",
                "TP",
                "TBIL",
                "ALP",
                "ALT",
                "AST",
            ),
            "WS802",
        ),
        Panel("LIPID", "Lipid panel", "24331-1", ("CHOL", "TRIG", "HDL", "LDL"), "WS803"),
        Panel("CBC", "Blood count", "58410-2", ("WBC", "RBC", "HGB", "HCT", "PLT"), "WS804"),
        Panel("A1C", "Haemoglobin A1c", "4548-4", ("A1C",), "WS805"),
        Panel("NTBNP", "NT-proBNP", "33762-6", ("NTBNP",), "WS806"),
        Panel("TSH", "Thyrotropin", "3016-3", ("TSH",), "WS807"),
        Panel("UACR", "Urine albumin to creatinine", "9318-7", ("UACR",), "WS808"),
        Panel("PSA", "Prostate specific antigen", "2857-1", ("PSA",), "WS809"),
        Panel("TROP", "Troponin I", "10839-9", ("TROP",), "WS810"),
        Panel("LACT", "Lactate", "2524-7", ("LACT",), "WS811"),
        Panel("VITD", "Vitamin D", "1989-3", ("VITD",), "WS812"),
        Panel("FIT", "Stool blood test", "29771-3", ("FIT",), "WS813"),
        Panel("COVRNA", "SARS-CoV-2 RNA", "94500-6", ("COVRNA",), "WS814"),
    )
}


class Vital(NamedTuple):
    """A vital sign as the EHR charts it."""

    code: str
    name: str
    loinc: str
    unit: str
    decimals: int


VITALS: dict[str, Vital] = {
    vital.code: vital
    for vital in (
        Vital("VS-BP-SYS", "Systolic pressure", "8480-6", "mm[Hg]", 0),
        Vital("VS-BP-DIA", "Diastolic pressure", "8462-4", "mm[Hg]", 0),
        Vital("VS-HR", "Heart rate", "8867-4", "/min", 0),
        Vital("VS-RR", "Breathing rate", "9279-1", "/min", 0),
        Vital("VS-TEMP", "Body temperature", "8310-5", "Cel", 1),
        Vital("VS-SPO2", "Oxygen saturation", "59408-5", "%", 0),
        Vital("VS-WT", "Body weight", "29463-7", "kg", 1),
        Vital("VS-HT", "Body height", "8302-2", "cm", 1),
        Vital("VS-BMI", "Body mass index", "39156-5", "kg/m2", 1),
        Vital("VS-PHQ9", "PHQ-9 total score", "44261-6", "{score}", 0),
        Vital("VS-SMOKE", "Tobacco use", "72166-2", "", 0),
    )
}


class Upkeep(NamedTuple):
    """What the health-maintenance list of the EHR says was done, and when.

    `system` and `code` are the standard code; `section` is HL7's diagnostic service section (table
    0074); `category` that of FHIR's observation; `result` a SNOMED CT code, a number's unit or
    words, by `kind` (CWE, NM, ST).
    """

    code: str
    name: str
    system: str
    standard: str
    section: str
    category: str
    kind: str
    result: str


UPKEEP: dict[str, Upkeep] = {
    one.code: one
    for one in (
        Upkeep("HM-PAP", "Cervical smear", "LN", "10524-7", "PAT", "laboratory", "ST", "Normal"),
        Upkeep("HM-HPV", "HPV test", "LN", "21440-3", "MB", "laboratory", "ST", "Not detected"),
        Upkeep(
            "HM-MG", "Mammogram, both breasts", "LN", "24606-6", "RAD", "imaging", "ST", "Clear"
        ),
        Upkeep(
            "HM-FALL", "Question about falls", "LN", "73830-2", "OTH", "survey", "ST", "No fall"
        ),
        Upkeep("HM-HIV", "HIV test", "LN", "56888-1", "SR", "laboratory", "ST", "Nonreactive"),
        Upkeep(
            "HM-CT", "Chlamydia test", "LN", "21613-5", "MB", "laboratory", "ST", "Not detected"
        ),
        Upkeep(
            "HM-DEP",
            "Mood questions, adult",
            "LN",
            "73832-8",
            "OTH",
            "survey",
            "CWE",
            "428171000124102",
        ),
        Upkeep(
            "HM-DEPT",
            "Mood questions, teenager",
            "LN",
            "73831-0",
            "OTH",
            "survey",
            "CWE",
            "428171000124102",
        ),
        Upkeep(
            "HM-EYE",
            "Eye exam with wide pupils",
            "HCPCS",
            "S3000",
            "OTH",
            "exam",
            "ST",
            "No retinopathy",
        ),
        Upkeep("HM-BMIP", "BMI for age", "LN", "59576-9", "OTH", "vital-signs", "NM", "%"),
        Upkeep("HM-DIET", "Advice on diet", "HCPCS", "S9470", "OTH", "procedure", "ST", "Given"),
    )
}

DIAGNOSES: dict[str, str] = {
    "I10": "High blood pressure without known cause",
    "E11.9": "Type 2 diabetes without complication",
    "E11.65": "Type 2 diabetes with high blood sugar",
    "E11.22": "Type 2 diabetes with diabetic kidney disease",
    "E78.5": "Raised blood lipids",
    "N18.30": "Chronic kidney disease, stage 3",
    "N18.4": "Chronic kidney disease, stage 4",
    "I50.22": "Heart failure with reduced ejection, long-standing",
    "I50.32": "Heart failure with preserved ejection, long-standing",
    "I50.23": "Heart failure with reduced ejection, worsening",
    "I50.33": "Heart failure with preserved ejection, worsening",
    "J44.9": "Chronic obstructive lung disease",
    "J44.1": "Chronic obstructive lung disease, flare-up",
    "J45.909": "Asthma",
    "J45.901": "Asthma, flare-up",
    "F33.1": "Recurrent depression, moderate",
    "F41.1": "Generalised anxiety",
    "E66.3": "Overweight",
    "E66.9": "Obesity",
    "I25.10": "Coronary artery disease",
    "I48.91": "Atrial fibrillation",
    "C50.919": "Breast cancer",
    "C18.9": "Colon cancer",
    "C61": "Prostate cancer",
    "C34.90": "Lung cancer",
    "E03.9": "Underactive thyroid",
    "M17.9": "Knee osteoarthritis",
    "K21.9": "Acid reflux",
    "Z00.00": "General adult check-up",
    "Z00.129": "Routine child check-up",
    "Z30.09": "Advice on contraception",
    "Z12.11": "Screening for colon cancer",
    "Z12.31": "Screening mammogram",
    "Z23": "Visit for immunization",
    "Z51.11": "Visit for chemotherapy",
    "J06.9": "Common cold",
    "J10.1": "Influenza with respiratory signs",
    "J18.9": "Pneumonia",
    "J20.9": "Acute bronchitis",
    "H66.90": "Middle ear infection",
    "N39.0": "Urinary tract infection",
    "R07.9": "Chest pain",
    "R10.9": "Belly pain",
    "R51.9": "Headache",
    "R42": "Dizziness",
    "S93.409A": "Ankle sprain, first visit",
    "S61.419A": "Hand cut, first visit",
    "M54.50": "Low back pain",
    "A41.9": "Sepsis",
    "I21.4": "Heart attack, non-ST-elevation",
    "I63.9": "Stroke",
    "N17.9": "Acute kidney failure",
    "K57.32": "Inflamed colon pouch",
    "K35.80": "Appendicitis",
    "O80": "Normal birth",
    "E11.10": "Type 2 diabetes with ketoacidosis",
    "S72.001A": "Hip fracture, first visit",
    "U07.1": "COVID-19",
    "Z59.41": "Food insecurity",
    "Z59.811": "Housing at risk of loss",
}


class Drug(NamedTuple):
    """A product on the pharmacy's shelf."""

    key: str
    ndc: str
    rxcui: str
    name: str
    ingredient_rxcui: str
    ingredient: str
    drug_class: str
    strength: str
    form: str
    units_per_day: float
    cents_per_unit: int
    sig: str


_ONCE = "Take 1 tablet by mouth once a day"
_TWICE = "Take 1 tablet by mouth twice a day"
_NIGHT = "Take 1 tablet by mouth at bedtime"

DRUGS: dict[str, Drug] = {
    drug.key: drug
    for drug in (
        Drug(
            "metformin500",
            "99901010101",
            "861007",
            "metformin hydrochloride 500 MG Oral Tablet",
            "6809",
            "metformin",
            "biguanide",
            "500 MG",
            "TAB",
            2,
            6,
            _TWICE,
        ),
        Drug(
            "metformin1000",
            "99901010202",
            "861004",
            "metformin hydrochloride 1000 MG Oral Tablet",
            "6809",
            "metformin",
            "biguanide",
            "1000 MG",
            "TAB",
            2,
            9,
            _TWICE,
        ),
        Drug(
            "glipizide10",
            "99901010303",
            "310488",
            "glipizide 10 MG Oral Tablet",
            "4821",
            "glipizide",
            "sulfonylurea",
            "10 MG",
            "TAB",
            1,
            8,
            _ONCE,
        ),
        Drug(
            "empagliflozin10",
            "99902020101",
            "1545658",
            "empagliflozin 10 MG Oral Tablet",
            "1545653",
            "empagliflozin",
            "sglt2 inhibitor",
            "10 MG",
            "TAB",
            1,
            1850,
            _ONCE,
        ),
        Drug(
            "lisinopril10",
            "99901020101",
            "314076",
            "lisinopril 10 MG Oral Tablet",
            "29046",
            "lisinopril",
            "ace inhibitor",
            "10 MG",
            "TAB",
            1,
            5,
            _ONCE,
        ),
        Drug(
            "lisinopril20",
            "99901020202",
            "314077",
            "lisinopril 20 MG Oral Tablet",
            "29046",
            "lisinopril",
            "ace inhibitor",
            "20 MG",
            "TAB",
            1,
            6,
            _ONCE,
        ),
        Drug(
            "losartan50",
            "99903020101",
            "979492",
            "losartan potassium 50 MG Oral Tablet",
            "52175",
            "losartan",
            "angiotensin receptor blocker",
            "50 MG",
            "TAB",
            1,
            8,
            _ONCE,
        ),
        Drug(
            "amlodipine5",
            "99903020202",
            "197361",
            "amlodipine 5 MG Oral Tablet",
            "17767",
            "amlodipine",
            "calcium channel blocker",
            "5 MG",
            "TAB",
            1,
            5,
            _ONCE,
        ),
        Drug(
            "hctz25",
            "99903020303",
            "310798",
            "hydrochlorothiazide 25 MG Oral Tablet",
            "5487",
            "hydrochlorothiazide",
            "thiazide diuretic",
            "25 MG",
            "TAB",
            1,
            4,
            _ONCE,
        ),
        Drug(
            "atorvastatin20",
            "99901030101",
            "617310",
            "atorvastatin 20 MG Oral Tablet",
            "83367",
            "atorvastatin",
            "statin",
            "20 MG",
            "TAB",
            1,
            9,
            _NIGHT,
        ),
        Drug(
            "atorvastatin40",
            "99901030202",
            "617311",
            "atorvastatin 40 MG Oral Tablet",
            "83367",
            "atorvastatin",
            "statin",
            "40 MG",
            "TAB",
            1,
            11,
            _NIGHT,
        ),
        Drug(
            "simvastatin20",
            "99903030101",
            "312961",
            "simvastatin 20 MG Oral Tablet",
            "36567",
            "simvastatin",
            "statin",
            "20 MG",
            "TAB",
            1,
            7,
            _NIGHT,
        ),
        Drug(
            "metoprolol50",
            "99904040101",
            "866436",
            "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet",
            "6918",
            "metoprolol",
            "beta blocker",
            "50 MG",
            "TAB",
            1,
            14,
            _ONCE,
        ),
        Drug(
            "carvedilol12",
            "99904040202",
            "200032",
            "carvedilol 12.5 MG Oral Tablet",
            "20352",
            "carvedilol",
            "beta blocker",
            "12.5 MG",
            "TAB",
            2,
            7,
            _TWICE,
        ),
        Drug(
            "furosemide40",
            "99904040303",
            "313988",
            "furosemide 40 MG Oral Tablet",
            "4603",
            "furosemide",
            "loop diuretic",
            "40 MG",
            "TAB",
            1,
            5,
            _ONCE,
        ),
        Drug(
            "spironolactone25",
            "99904040404",
            "313096",
            "spironolactone 25 MG Oral Tablet",
            "9997",
            "spironolactone",
            "aldosterone antagonist",
            "25 MG",
            "TAB",
            1,
            8,
            _ONCE,
        ),
        Drug(
            "apixaban5",
            "99902050101",
            "1364445",
            "apixaban 5 MG Oral Tablet",
            "1364430",
            "apixaban",
            "anticoagulant",
            "5 MG",
            "TAB",
            2,
            950,
            _TWICE,
        ),
        Drug(
            "warfarin5",
            "99901050202",
            "855332",
            "warfarin sodium 5 MG Oral Tablet",
            "11289",
            "warfarin",
            "anticoagulant",
            "5 MG",
            "TAB",
            1,
            9,
            _ONCE,
        ),
        Drug(
            "clopidogrel75",
            "99901050303",
            "309362",
            "clopidogrel 75 MG Oral Tablet",
            "32968",
            "clopidogrel",
            "antiplatelet",
            "75 MG",
            "TAB",
            1,
            12,
            _ONCE,
        ),
        Drug(
            "albuterol",
            "99905060101",
            "745679",
            "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler",
            "435",
            "albuterol",
            "short-acting beta agonist",
            "0.09 MG/ACTUAT",
            "INH",
            0.0335,
            3200,
            "Inhale 2 puffs every 4 to 6 hours as needed",
        ),
        Drug(
            "fluticasone",
            "99905060202",
            "895994",
            "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler",
            "41126",
            "fluticasone",
            "inhaled corticosteroid",
            "0.044 MG/ACTUAT",
            "INH",
            0.0335,
            16500,
            "Inhale 2 puffs twice a day",
        ),
        Drug(
            "sertraline50",
            "99901070101",
            "312941",
            "sertraline 50 MG Oral Tablet",
            "36437",
            "sertraline",
            "ssri",
            "50 MG",
            "TAB",
            1,
            8,
            _ONCE,
        ),
        Drug(
            "escitalopram10",
            "99903070101",
            "349332",
            "escitalopram 10 MG Oral Tablet",
            "321988",
            "escitalopram",
            "ssri",
            "10 MG",
            "TAB",
            1,
            9,
            _ONCE,
        ),
        Drug(
            "levothyroxine50",
            "99903080101",
            "966221",
            "levothyroxine sodium 0.05 MG Oral Tablet",
            "10582",
            "levothyroxine",
            "thyroid hormone",
            "0.05 MG",
            "TAB",
            1,
            13,
            _ONCE,
        ),
        Drug(
            "omeprazole20",
            "99901090101",
            "198051",
            "omeprazole 20 MG Delayed Release Oral Capsule",
            "7646",
            "omeprazole",
            "proton pump inhibitor",
            "20 MG",
            "CAP",
            1,
            8,
            "Take 1 capsule by mouth before breakfast",
        ),
        Drug(
            "tamoxifen20",
            "99906100101",
            "313195",
            "tamoxifen 20 MG Oral Tablet",
            "10324",
            "tamoxifen",
            "selective estrogen receptor modulator",
            "20 MG",
            "TAB",
            1,
            45,
            _ONCE,
        ),
        Drug(
            "amoxicillin500",
            "99901110101",
            "308191",
            "amoxicillin 500 MG Oral Capsule",
            "723",
            "amoxicillin",
            "penicillin",
            "500 MG",
            "CAP",
            3,
            9,
            "Take 1 capsule by mouth three times a day until finished",
        ),
        Drug(
            "azithromycin250",
            "99901110202",
            "308460",
            "azithromycin 250 MG Oral Tablet",
            "18631",
            "azithromycin",
            "macrolide",
            "250 MG",
            "TAB",
            1.2,
            60,
            "Take 2 tablets on the first day, then 1 a day for 4 days",
        ),
        Drug(
            "prednisone20",
            "99901120101",
            "312615",
            "prednisone 20 MG Oral Tablet",
            "8640",
            "prednisone",
            "corticosteroid",
            "20 MG",
            "TAB",
            2,
            12,
            "Take 2 tablets by mouth once a day for 5 days",
        ),
        Drug(
            "ibuprofen600",
            "99901120202",
            "197806",
            "ibuprofen 600 MG Oral Tablet",
            "5640",
            "ibuprofen",
            "nsaid",
            "600 MG",
            "TAB",
            3,
            7,
            "Take 1 tablet by mouth three times a day with food as needed",
        ),
        Drug(
            "hydroxyzine25",
            "99901130101",
            "995258",
            "hydroxyzine hydrochloride 25 MG Oral Tablet",
            "5553",
            "hydroxyzine",
            "antihistamine",
            "25 MG",
            "TAB",
            1,
            9,
            _NIGHT,
        ),
        Drug(
            "zolpidem5",
            "99901130202",
            "854876",
            "zolpidem tartrate 5 MG Oral Tablet",
            "39993",
            "zolpidem",
            "hypnotic",
            "5 MG",
            "TAB",
            1,
            7,
            _NIGHT,
        ),
        Drug(
            "cyclobenzaprine5",
            "99903130101",
            "828320",
            "cyclobenzaprine hydrochloride 5 MG Oral Tablet",
            "21949",
            "cyclobenzaprine",
            "muscle relaxant",
            "5 MG",
            "TAB",
            1,
            8,
            _NIGHT,
        ),
        Drug(
            "amitriptyline10",
            "99903130202",
            "856783",
            "amitriptyline hydrochloride 10 MG Oral Tablet",
            "704",
            "amitriptyline",
            "tricyclic antidepressant",
            "10 MG",
            "TAB",
            1,
            6,
            _NIGHT,
        ),
        Drug(
            "lorazepam05",
            "99901130303",
            "197900",
            "lorazepam 0.5 MG Oral Tablet",
            "6470",
            "lorazepam",
            "benzodiazepine",
            "0.5 MG",
            "TAB",
            1,
            8,
            _NIGHT,
        ),
    )
}

# condition -> the regimens that treat it: (weight, drug keys)
REGIMENS: dict[str, tuple[tuple[float, tuple[str, ...]], ...]] = {
    "hypertension": (
        (4, ("lisinopril10",)),
        (2, ("lisinopril20", "hctz25")),
        (2, ("amlodipine5",)),
        (2, ("losartan50",)),
        (1, ("losartan50", "hctz25")),
        (1, ("lisinopril20", "amlodipine5")),
    ),
    "diabetes": (
        (4, ("metformin500",)),
        (4, ("metformin1000",)),
        (2, ("metformin1000", "glipizide10")),
        (2, ("metformin1000", "empagliflozin10")),
    ),
    "hyperlipidemia": (
        (4, ("atorvastatin20",)),
        (3, ("atorvastatin40",)),
        (1, ("simvastatin20",)),
        (2, ()),
    ),
    "heart_failure": (
        (3, ("carvedilol12", "furosemide40")),
        (2, ("metoprolol50", "furosemide40", "spironolactone25")),
    ),
    "coronary_artery_disease": ((3, ("metoprolol50", "clopidogrel75")), (2, ("metoprolol50",))),
    "atrial_fibrillation": ((3, ("apixaban5",)), (1, ("warfarin5",))),
    "copd": ((2, ("albuterol", "fluticasone")), (1, ("albuterol",))),
    "asthma": ((2, ("albuterol",)), (2, ("albuterol", "fluticasone"))),
    "depression": ((3, ("sertraline50",)), (2, ("escitalopram10",)), (1, ())),
    "anxiety": ((1, ("escitalopram10",)), (1, ("sertraline50",)), (1, ())),
    "hypothyroidism": ((1, ("levothyroxine50",)),),
    "gastroesophageal_reflux": ((2, ("omeprazole20",)), (1, ())),
    "breast_cancer": ((2, ("tamoxifen20",)), (1, ())),
    "osteoarthritis": ((1, ("ibuprofen600",)), (2, ())),
}


class Service(NamedTuple):
    """Something that is done and charged: HCPCS level II code (or our own), revenue code, price."""

    code: str
    name: str
    revenue: str
    cents: int


SERVICES: dict[str, Service] = {
    service.code: service
    for service in (
        Service("G0463", "Clinic visit at a hospital outpatient department", "0510", 16500),
        Service("G0439", "Annual wellness visit, subsequent", "0510", 14200),
        Service("G0438", "Annual wellness visit, first", "0510", 17800),
        Service("WS101", "Office visit, established patient, short", "0510", 9800),
        Service("WS102", "Office visit, established patient, long", "0510", 15600),
        Service("WS103", "Specialist consultation", "0510", 21500),
        Service("WS104", "Well-child visit", "0510", 12400),
        Service("WS105", "Video visit", "0510", 8800),
        Service("WS201", "Emergency visit, minor", "0450", 42000),
        Service("WS202", "Emergency visit, moderate", "0450", 88000),
        Service("WS203", "Emergency visit, severe", "0450", 165000),
        Service("WS301", "Hospital room, medical ward, one day", "0120", 285000),
        Service("WS302", "Hospital room, intensive care, one day", "0200", 620000),
        Service("WS303", "Hospital doctor's care, one day", "0987", 21000),
        Service("WS401", "Electrocardiogram", "0730", 8500),
        Service("WS402", "Chest X-ray", "0324", 13500),
        Service("WS403", "Heart ultrasound", "0480", 98000),
        Service("WS404", "Spirometry", "0460", 12500),
        Service("G0121", "Colonoscopy, screening, average risk", "0750", 145000),
        Service("WS405", "Screening mammogram, both breasts", "0403", 24500),
        Service("WS406", "Appendix removal", "0360", 985000),
        Service("WS407", "Hip fracture repair", "0360", 1680000),
        Service("WS408", "Coronary stent placement", "0481", 2150000),
        Service("WS409", "Wound closure", "0450", 31000),
        Service("WS410", "Delivery of a child", "0722", 520000),
        Service("WS411", "Chemotherapy infusion, first hour", "0335", 78000),
        Service("G0008", "Giving of influenza vaccine", "0771", 3200),
        Service("G0009", "Giving of pneumococcal vaccine", "0771", 3200),
        Service("WS501", "Giving of another vaccine", "0771", 3000),
        Service("G0444", "Depression screening, 15 minutes", "0918", 2900),
        Service("J1100", "Dexamethasone injection, 1 mg", "0636", 1200),
        Service("J1885", "Ketorolac injection, 15 mg", "0636", 1800),
        Service("J0696", "Ceftriaxone injection, 250 mg", "0636", 2400),
        *(
            Service(
                panel.charge, f"Laboratory: {panel.name}", "0300", 2500 + 450 * len(panel.tests)
            )
            for panel in PANELS.values()
        ),
        # Later ones stand last, because charge codes count on.
        Service("S9470", "Talk about nutrition", "0942", 4500),
        Service("S9451", "Exercise class", "0942", 2500),
        Service("G9458", "Help to stop using tobacco", "0942", 1800),
    )
}

# billing's own charge codes (FT1-7); the HCPCS code goes to FT1-25
CHARGE_CODES: dict[str, str] = {
    code: f"CHG{100000 + number * 37}" for number, code in enumerate(SERVICES, start=1)
}

PROCEDURES = (
    "WS401",
    "WS402",
    "WS403",
    "WS404",
    "G0121",
    "WS405",
    "WS406",
    "WS407",
    "WS408",
    "WS409",
    "WS410",
    "WS411",
    "G0444",
)


class Vaccine(NamedTuple):
    """A vaccine product (CVX) with its maker (MVX)."""

    cvx: str
    name: str
    mvx: str
    maker: str
    dose: str


VACCINES: dict[str, Vaccine] = {
    vaccine.cvx: vaccine
    for vaccine in (
        Vaccine("140", "Influenza, injectable, no preservative", "PMC", "Sanofi Pasteur", "0.5"),
        Vaccine("135", "Influenza, high dose", "PMC", "Sanofi Pasteur", "0.5"),
        Vaccine("309", "COVID-19, mRNA, 30 mcg", "PFR", "Pfizer", "0.3"),
        Vaccine("312", "COVID-19, mRNA, 50 mcg", "MOD", "Moderna", "0.5"),
        Vaccine(
            "115", "Tetanus, diphtheria, pertussis booster (Tdap)", "SKB", "GlaxoSmithKline", "0.5"
        ),
        Vaccine("216", "Pneumococcal conjugate, 20-valent", "PFR", "Pfizer", "0.5"),
        Vaccine("187", "Shingles, recombinant", "SKB", "GlaxoSmithKline", "0.5"),
        Vaccine("305", "RSV, bivalent", "PFR", "Pfizer", "0.5"),
        Vaccine("08", "Hepatitis B, child", "MSD", "Merck", "0.5"),
        Vaccine(
            "20", "Diphtheria, tetanus, pertussis, child (DTaP)", "SKB", "GlaxoSmithKline", "0.5"
        ),
        Vaccine("10", "Polio, inactivated", "PMC", "Sanofi Pasteur", "0.5"),
        Vaccine("49", "Haemophilus influenzae b", "MSD", "Merck", "0.5"),
        Vaccine("03", "Measles, mumps, rubella", "MSD", "Merck", "0.5"),
        Vaccine("21", "Chickenpox", "MSD", "Merck", "0.5"),
        Vaccine("83", "Hepatitis A, child", "MSD", "Merck", "0.5"),
        Vaccine("133", "Pneumococcal conjugate, 13-valent", "PFR", "Pfizer", "0.5"),
        Vaccine("116", "Rotavirus, pentavalent", "MSD", "Merck", "2"),
        Vaccine("165", "Human papillomavirus, 9-valent", "MSD", "Merck", "0.5"),
        Vaccine("114", "Meningococcal ACWY", "PMC", "Sanofi Pasteur", "0.5"),
    )
}

# age in months at which a child's dose is due
CHILD_SCHEDULE: tuple[tuple[str, int], ...] = (
    ("08", 0),
    ("08", 1),
    ("08", 6),
    ("20", 2),
    ("20", 4),
    ("20", 6),
    ("20", 15),
    ("20", 48),
    ("10", 2),
    ("10", 4),
    ("10", 6),
    ("10", 48),
    ("49", 2),
    ("49", 4),
    ("49", 12),
    ("133", 2),
    ("133", 4),
    ("133", 6),
    ("133", 12),
    ("116", 2),
    ("116", 4),
    ("116", 6),
    ("03", 12),
    ("03", 48),
    ("21", 12),
    ("21", 48),
    ("83", 12),
    ("83", 18),
    ("115", 132),
    ("165", 132),
    ("165", 138),
    ("114", 132),
    ("114", 192),
)


class Allergy(NamedTuple):
    """A substance people do not tolerate, in the EHR's own code and RxNorm where there is one."""

    code: str
    name: str
    rxcui: str
    category: str
    reaction: str


ALLERGIES: tuple[Allergy, ...] = (
    Allergy("ALG-PCN", "Penicillin", "7980", "medication", "Hives"),
    Allergy("ALG-AMOX", "Amoxicillin", "723", "medication", "Rash"),
    Allergy("ALG-SULFA", "Sulfamethoxazole", "10180", "medication", "Rash"),
    Allergy("ALG-ASA", "Aspirin", "1191", "medication", "Wheezing"),
    Allergy("ALG-COD", "Codeine", "2670", "medication", "Nausea"),
    Allergy("ALG-IBU", "Ibuprofen", "5640", "medication", "Stomach upset"),
    Allergy("ALG-PNUT", "Peanut", "", "food", "Throat swelling"),
    Allergy("ALG-SHELL", "Shellfish", "", "food", "Hives"),
    Allergy("ALG-EGG", "Egg", "", "food", "Rash"),
    Allergy("ALG-LATEX", "Latex", "", "environment", "Itching"),
    Allergy("ALG-POLL", "Pollen", "", "environment", "Runny nose"),
)


class Question(NamedTuple):
    """A social-needs question with its answers: (code, text, whether it states a need)."""

    code: str
    text: str
    answers: tuple[tuple[str, str, bool], ...]


# Asked after the CMS Accountable Health Communities screening tool (public domain); own words.
QUESTIONS: tuple[Question, ...] = (
    Question(
        "71802-3",
        "Do you have a place to live?",
        (
            ("LA30189-7", "I have a place to live", False),
            ("LA30190-5", "I have no place of my own", True),
        ),
    ),
    Question(
        "88122-7",
        "Worried that food would run out before money came",
        (
            ("LA28398-8", "Never", False),
            ("LA6729-3", "Sometimes", True),
            ("LA28397-0", "Often", True),
        ),
    ),
    Question(
        "88123-5",
        "Food bought did not last and there was no money for more",
        (
            ("LA28398-8", "Never", False),
            ("LA6729-3", "Sometimes", True),
            ("LA28397-0", "Often", True),
        ),
    ),
    Question(
        "93030-5",
        "Has lack of transport kept you from care or daily needs?",
        (
            ("LA32-8", "No", False),
            ("LA30133-5", "Yes, from medical care", True),
            ("LA30134-3", "Yes, from other things", True),
        ),
    ),
    Question(
        "96779-4",
        "Has a utility threatened to shut off service?",
        (("LA32-8", "No", False), ("LA33-6", "Yes", True), ("LA32002-0", "Already shut off", True)),
    ),
    Question(
        "93038-8",
        "How stressed do you feel these days?",
        (
            ("LA6568-5", "Not at all", False),
            ("LA13863-8", "A little", False),
            ("LA13902-4", "Quite a bit", True),
            ("LA13914-9", "Very much", True),
        ),
    ),
)

RACES: dict[str, str] = {
    "2106-3": "White",
    "2054-5": "Black or African American",
    "2028-9": "Asian",
    "1002-5": "American Indian or Alaska Native",
    "2131-1": "Other Race",
}

SPECIALTIES: dict[str, tuple[str, str]] = {  # name -> (NUCC taxonomy, department)
    "Family Medicine": ("207Q00000X", "Family Medicine"),
    "Internal Medicine": ("207R00000X", "Internal Medicine"),
    "Pediatrics": ("208000000X", "Pediatrics"),
    "Cardiology": ("207RC0000X", "Heart Center"),
    "Pulmonology": ("207RP1001X", "Lung Clinic"),
    "Nephrology": ("207RN0300X", "Kidney Clinic"),
    "Endocrinology": ("207RE0101X", "Diabetes Clinic"),
    "Oncology": ("207RX0202X", "Cancer Center"),
    "Psychiatry": ("2084P0800X", "Behavioral Health"),
    "Emergency Medicine": ("207P00000X", "Emergency Department"),
    "Hospital Medicine": ("208M00000X", "Medical Ward"),
}
