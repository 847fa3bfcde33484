"""Alarms, a canary of the key, reminders and a dashboard."""
