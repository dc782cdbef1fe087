#!/bin/sh
# The code of this repository as every image holds it: readable by any user whatever the checkout's modes, compiled.
set -eu
chmod -R u=rwX,go=rX /opt/sagemaker
exec /opt/python/bin/python -B /mnt/compile.py /opt/sagemaker
