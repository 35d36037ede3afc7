"""A newer libcurl than the system's, as the tool curl uses it: pycurl_transfer.py download|session"""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["PASVLAB_CLIENTS"], "python"))
import pycurl  # noqa: E402

if sys.argv[1] == "version":
    print("curl " + pycurl.version_info()[1])
    sys.exit()
name = os.environ["PASVLAB_FILE"]
url = "ftp://%s:%s/" % (os.environ["PASVLAB_HOST"], os.environ["PASVLAB_PORT"])
curl = pycurl.Curl()


def perform(path, option, file):
    curl.reset()
    curl.setopt(pycurl.URL, url + path)
    curl.setopt(pycurl.USERNAME, os.environ["PASVLAB_USER"])
    curl.setopt(pycurl.PASSWORD, os.environ["PASVLAB_PASSWORD"])
    # The tool's own defaults.
    curl.setopt(pycurl.TCP_KEEPALIVE, 1)
    curl.setopt(pycurl.TCP_KEEPIDLE, 60)
    curl.setopt(pycurl.TCP_KEEPINTVL, 60)
    curl.setopt(pycurl.FTP_SKIP_PASV_IP, 1)
    if option == pycurl.READDATA:
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.INFILESIZE_LARGE, os.fstat(file.fileno()).st_size)
    curl.setopt(option, file)
    try:
        curl.perform()
    except pycurl.error as error:
        sys.exit("curl: (%d) %s" % error.args)


if sys.argv[1] == "session":
    with open(os.devnull, "wb") as listing:
        perform("", pycurl.WRITEDATA, listing)
with open("part", "wb") as part:
    perform(name, pycurl.WRITEDATA, part)
os.rename("part", "out")
if sys.argv[1] == "session":
    with open("out", "rb") as source:
        perform("uploaded-" + name, pycurl.READDATA, source)
