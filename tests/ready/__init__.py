"""What an issue asks for, measured and printed beside its target."""
