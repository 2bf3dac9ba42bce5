#!/usr/bin/python3
"""A libtorrent client with one torrent: says "seeding" once it has everything; as a leech it then flushes and exits 0.

usage: libtorrent_peer.py seed|leech TORRENT DIR ADDRESS PORT
"""
import sys
import time

import libtorrent as lt

role, torrent, folder, address, port = sys.argv[1:6]
session = lt.session({
    'listen_interfaces': f'{address}:{port}', 'outgoing_interfaces': address,
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': False, 'enable_incoming_utp': False,
    'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.tracker_notification | lt.alert.category_t.connect_notification,
})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(torrent)
params.save_path = folder
params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
handle = session.add_torrent(params)

complete = False
while not (complete and role == 'leech'):
    for alert in session.pop_alerts():
        print(f'{type(alert).__name__}: {alert.message()}', flush=True)
    if not complete and handle.status().is_seeding:
        complete = True
        print('seeding', flush=True)
    time.sleep(0.05)

# Removing the torrent waits for the disk and says goodbye to the tracker.
session.remove_torrent(handle)
del session
