"""Makes the virtual environment FOLDER with the packages of REQUIREMENTS, unless it exists.

Several processes may call it at the same time: one installs, and the others wait.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys
import venv

folder, requirements = map(pathlib.Path, sys.argv[1:])
folder.parent.mkdir(parents=True, exist_ok=True)
complete = folder / "complete"

with open(f"{folder}.lock", "w") as lock:
    # The system releases the lock when this process ends, however it ends.
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", "--no-compile", "--no-deps", "--require-hashes", "-r", requirements], check=True)
        complete.touch()
