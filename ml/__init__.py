"""Everything statistical, in pure Python: patient linkage and risk models.

Here: functions from Arrow tables to Arrow tables. Not here: orchestration, SQL models.
"""
