#!/bin/sh
# Turns a bare Debian into what every image stands on. Runs in the build, with containers/base at /mnt. It needs a network
# only where a package of packages.txt is missing: the bootstrapped stand-in has them all.
set -eu

missing=
for package in $(sed 's/#.*//' /mnt/packages.txt); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
    apt-get update -qq
    # Words are meant to be split: one argument a package.
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $missing
fi

install --mode=755 /mnt/bin/* /usr/local/bin/
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
python3 -B /mnt/steps/cut.py /mnt/cut.txt /

# Python packages of an image go into a virtual environment; the code beside it is found without PYTHONPATH, which
# a job's own environment may replace.
python3 -B -m venv --without-pip /opt/python
rm /opt/python/bin/[aA]ctivate*
echo /opt/sagemaker >/opt/python/lib/python3.11/site-packages/sagemaker.pth
python3 -B /mnt/steps/compile.py /usr/lib/python3.11 /usr/lib/python3
/opt/python/bin/python -B /mnt/steps/sbom.py /usr/share/sbom/image.cdx.json

# The proof of the step.
test -z "$(find / -xdev -type f -perm /6000)"
python3 -c 'import ctypes, sqlite3, ssl, venv'
