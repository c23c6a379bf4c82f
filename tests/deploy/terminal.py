"""Runs a command on a terminal of its own, answers each question once it is there, and writes what was seen. Ends with the command's exit code.

usage: terminal.py COLUMNS '[["question", "answer"], …]' COMMAND …
       COLUMNS  how wide the terminal is; 0 for one that does not say
"""

import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios

columns, answers, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40 if columns else 0, columns, 0, 0))
    os.execvp(command[0], command)

unanswered = ""
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        # The other end is closed.
        break
    if not chunk:
        break
    sys.stdout.buffer.write(chunk)
    # What a question is painted with is a screen at most.
    unanswered = (unanswered + chunk.decode(errors="replace"))[-16384:]
    while answers and (found := re.search(answers[0][0], unanswered)):
        unanswered = unanswered[found.end() :]
        os.write(terminal, answers.pop(0)[1].encode())

_, status = os.waitpid(process, 0)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
