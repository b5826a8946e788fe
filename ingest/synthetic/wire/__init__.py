"""How the systems spell things: HL7 v2 segments, X12 segments, CSV rows, times in local zones."""
