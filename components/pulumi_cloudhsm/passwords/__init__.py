"""Passwords: what each may hold, and the check of its secret before anything is paid for."""
