"""`sudo -n PROGRAM ARGUMENTS`: everybody on a throw-away host may do everything in it."""

import os
import sys

words = [word for word in sys.argv[1:] if word != "-n"]
os.execvp(words[0], words)  # noqa: S606 - what sudo is for
