"""FileZilla on a screen that nobody sees: filezilla.py download|session [active|fallback-active|fallback-peer|tls]"""

import base64
import os
import ssl
import subprocess
import sys
import time

session = sys.argv[1] == "session"
mode = (sys.argv[2:] or [""])[0]
host, port, user, password, name = (
    os.environ["PASVLAB_" + key] for key in ("HOST", "PORT", "USER", "PASSWORD", "FILE")
)
here = os.getcwd()
local = os.path.join(here, "local")
log = os.path.join(here, "filezilla.log")
config = os.path.join(here, ".config", "filezilla")
os.makedirs(config)
os.mkdir(local)


def xml(file, body):
    with open(os.path.join(config, file), "w") as out:
        out.write('<?xml version="1.0"?>\n<FileZilla3>%s</FileZilla3>\n' % body)


settings = {
    # No greeting, no look for updates, no question about files that are there.
    "Greeting version": "9.99.0",
    "Disable update check": "1",
    "Update Check": "0",
    "File exists action download": "1",
    "File exists action upload": "1",
    "Logging file": log,
}
if mode == "fallback-active":
    settings["Pasv reply fallback mode"] = "1"
if mode == "fallback-peer":
    settings["Pasv reply fallback mode"] = "2"
xml("filezilla.xml", "<Settings>%s</Settings>" % "".join('<Setting name="%s">%s</Setting>' % s for s in settings.items()))
# Protocol 4 is FTP that must have TLS, 6 the one without; it would ask about either but for the next file.
xml(
    "sitemanager.xml",
    "<Servers><Server><Host>%s</Host><Port>%s</Port><Protocol>%s</Protocol><Type>0</Type>"
    '<Logontype>1</Logontype><User>%s</User><Pass encoding="base64">%s</Pass><PasvMode>%s</PasvMode>'
    "<MaximumMultipleConnections>1</MaximumMultipleConnections><Name>lab</Name></Server></Servers>"
    % (
        host,
        port,
        "4" if mode == "tls" else "6",
        user,
        base64.b64encode(password.encode()).decode(),
        "MODE_ACTIVE" if mode == "active" else "MODE_DEFAULT",
    ),
)
if mode == "tls":
    with open(os.environ["PASVLAB_CERTIFICATE"]) as pem:
        certificate = ssl.PEM_cert_to_DER_cert(pem.read()).hex()
    trusted = (
        "<TrustedCerts><Certificate><Data>%s</Data><ActivationTime>1577836800</ActivationTime>"
        "<ExpirationTime>4102444800</ExpirationTime><Host>%s</Host><Port>%s</Port><TrustSANs>0</TrustSANs>"
        "</Certificate></TrustedCerts>" % (certificate, host, port)
    )
else:
    trusted = '<InsecureHosts><Host Port="%s">%s</Host></InsecureHosts>' % (port, host)
xml("trustedcerts.xml", trusted)

reading, writing = os.pipe()
xvfb = subprocess.Popen(
    ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1200x900x24", "-nolisten", "tcp"],
    pass_fds=[writing],
    stderr=subprocess.DEVNULL,
)
os.close(writing)
display = b""
while not display.endswith(b"\n"):
    more = os.read(reading, 16)
    if not more:
        sys.exit("Xvfb does not start")
    display += more
os.environ.update(DISPLAY=":" + display.decode().strip(), XDG_RUNTIME_DIR=here, LC_ALL="C.UTF-8", NO_AT_BRIDGE="1")
filezilla = subprocess.Popen(
    ["filezilla", "--local=" + local, "--site=0/lab"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
)


def said(words):
    try:
        with open(log, errors="replace") as lines:
            return lines.read().count(words)
    except FileNotFoundError:
        return 0


def wait(words, times=1, limit=300):
    """Until the log has the words so often, or bad news, or too long; says which."""
    end = time.monotonic() + limit
    while said(words) < times:
        bad = ("Failed to retrieve directory listing", "Could not connect to server", "Critical error")
        given_up = said("Error: File transfer failed") >= 3 or any(said(news) for news in bad)
        if given_up or time.monotonic() > end or filezilla.poll() is not None:
            return False
        time.sleep(0.1)
    return True


def choose(x, file):
    """In the list of files at x, finds the file by its name and transfers it."""
    subprocess.run(["xdotool", "mousemove", str(x), "650", "click", "1", "sleep", "0.3"], check=True)
    subprocess.run(["xdotool", "key", "F5", "sleep", "0.5"], check=True) if x < 600 else None
    subprocess.run(["xdotool", "type", "--delay", "30", file], check=True)
    subprocess.run(["xdotool", "sleep", "0.3", "key", "Return"], check=True)


def leave(good):
    time.sleep(0.5)
    for process in (filezilla, xvfb):
        process.terminate()
        process.wait()
    with open(log, errors="replace") as lines:
        sys.stdout.write(lines.read())
    sys.exit(0 if good else 1)


done = "File transfer successful"
if not wait("Directory listing of"):
    leave(False)
time.sleep(1)
choose(900, name)
if not wait(done):
    leave(False)
time.sleep(0.5)
os.rename(os.path.join(local, name), "out")
if session:
    with open("out", "rb") as source, open(os.path.join(local, "uploaded-" + name), "wb") as copy:
        copy.write(source.read())
    time.sleep(1)
    choose(300, "uploaded-" + name)
    if not wait(done, 2):
        leave(False)
leave(True)
