"""What AWS runs on a schedule, without a person and without code of ours."""
