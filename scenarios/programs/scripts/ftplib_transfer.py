"""Python's ftplib: ftplib_transfer.py download|session [active|trust|tls]"""

import os
import ssl
import sys
from ftplib import FTP, FTP_TLS

what, mode = sys.argv[1], (sys.argv[2:] or [""])[0]
name = os.environ["PASVLAB_FILE"]

if mode == "tls":
    ftp = FTP_TLS(context=ssl.create_default_context(cafile=os.environ["PASVLAB_CERTIFICATE"]))
else:
    ftp = FTP()
if mode == "active":
    ftp.set_pasv(False)
if mode == "trust":
    ftp.trust_server_pasv_ipv4_address = True
ftp.connect(os.environ["PASVLAB_HOST"], int(os.environ["PASVLAB_PORT"]))
ftp.login(os.environ["PASVLAB_USER"], os.environ["PASVLAB_PASSWORD"])
if mode == "tls":
    ftp.prot_p()
if what == "session":
    ftp.retrlines("LIST")
data = []
ftp.retrbinary("RETR " + name, data.append)
with open("out", "wb") as out:
    out.write(b"".join(data))
if what == "session":
    with open("out", "rb") as source:
        ftp.storbinary("STOR uploaded-" + name, source)
ftp.quit()
