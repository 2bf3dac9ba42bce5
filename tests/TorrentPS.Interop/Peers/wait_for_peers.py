#!/usr/bin/python3
"""Scrapes an HTTP tracker until it counts a number of seeds or leeches of a torrent, or more. A count of 0 means none.

usage: wait_for_peers.py SCRAPE_URL INFO_HASH_HEX seeds|leeches COUNT SECONDS      exits with code 1 at the time limit
"""
import re
import sys
import time
import urllib.parse
import urllib.request

url, info_hash, kind, wanted, seconds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
field = b'complete' if kind == 'seeds' else b'incomplete'
query = f'{url}?info_hash={urllib.parse.quote(bytes.fromhex(info_hash))}'
end = time.monotonic() + seconds
last = b''
while time.monotonic() < end:
    try:
        last = urllib.request.urlopen(query, timeout=2).read()
        found = re.search(str(len(field)).encode() + b':' + field + rb'i(\d+)e', last)
        count = int(found[1]) if found else 0
        if count >= wanted if wanted > 0 else count == 0:
            sys.exit(0)
    except OSError as error:
        last = str(error).encode()
    time.sleep(0.05)
print(f'the tracker never knew of {wanted} {kind}; its last answer: {last!r}')
sys.exit(1)
