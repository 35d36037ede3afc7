"""Midnight Commander in a terminal of its own, with somebody at the keyboard: mc.py download|session"""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import sys
import termios
import time

session = sys.argv[1] == "session"
name = os.environ["PASVLAB_FILE"]
url = "ftp://%s:%s@%s:%s/" % tuple(os.environ["PASVLAB_" + key] for key in ("USER", "PASSWORD", "HOST", "PORT"))
here = os.path.join(os.getcwd(), "local")
os.mkdir(here)
# What it says in a box of its own when it gives up.
TROUBLE = (b" Error ", b" Warning ", b"Cannot ", b"could not ")

child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", XDG_RUNTIME_DIR=os.getcwd())
    os.execvp("mc", ["mc", "--nosubshell", "--nomouse", "--nocolor", url, here])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
screen = b""


def watch(seconds):
    """Reads what it shows for so long."""
    global screen
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                screen += os.read(terminal, 65536)
            except OSError:
                return


def wait(done, limit=900):
    """Until done, or until there is a box with bad news; says whether it is done."""
    start = time.monotonic()
    while not done():
        watch(0.1)
        if time.monotonic() - start > limit or any(words in screen for words in TROUBLE):
            return False
    watch(0.3)
    return True


def keys(text):
    global screen
    screen = b""
    os.write(terminal, text.encode())


def press(*all_keys):
    for one in all_keys:
        keys(one)
        watch(0.3)


def leave(good):
    os.kill(child, signal.SIGTERM)
    watch(0.5)
    if not good:
        sys.stderr.buffer.write(screen + b"\n")
    sys.exit(0 if good else 1)


def whole(path):
    """Whether the file is there and has stopped growing."""
    size = os.path.getsize(path) if os.path.exists(path) else 0
    watch(0.5)
    return size > 0 and size == os.path.getsize(path)


F5, TAB, ENTER, SEARCH = "\033[15~", "\t", "\r", "\x13"

# It lists the server's directory before it shows anything, and shows another directory if it could not.
if not wait(lambda: b"Quit" in screen) or b"ftp://" not in screen:
    leave(False)
if not wait(lambda: name.encode()[:12] in screen, 10):
    leave(False)
press(SEARCH, name, F5, ENTER)
copy = os.path.join(here, name)
if not wait(lambda: whole(copy)):
    leave(False)
shutil.copy(copy, "out")
if session:
    uploaded = "uploaded-" + name
    os.rename(copy, os.path.join(here, uploaded))
    # The other panel, read again.
    press(TAB, "\x12", SEARCH, uploaded, F5, ENTER)
    if not wait(lambda: screen.count(uploaded.encode()[:12]) > 1 or b"Quit" in screen, 20):
        leave(False)
    watch(1)
leave(True)
