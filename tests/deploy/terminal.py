"""Runs a command on a terminal of its own, answers each question once it is there, and writes what was seen. Ends with the command's exit code.

usage: terminal.py '[["question", "answer"], …]' COMMAND …
"""

import json
import os
import pty
import re
import sys

answers = json.loads(sys.argv[1])
process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

seen, looked = "", 0
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        # The other end is closed.
        break
    if not chunk:
        break
    seen += chunk.decode(errors="replace")
    sys.stdout.buffer.write(chunk)
    while answers and (found := re.search(answers[0][0], seen[looked:])):
        looked += found.end()
        os.write(terminal, answers.pop(0)[1].encode())

_, status = os.waitpid(process, 0)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
