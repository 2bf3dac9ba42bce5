#!/usr/bin/python3
"""A peer that sends other peers each other's addresses by peer exchange.

usage: libtorrent_introducer.py ADDRESS PORT INFO_HASH_HEX|TORRENT FOLDER PEER_ADDRESS:PORT...

It keeps a connection to each peer. Given an info hash, it neither requests nor has metadata and content. Given a
torrent file, it has the metadata and requests less than a piece a minute.

Prints "knows ADDRESS:PORT" when it is connected to one of the peers.
"""
import sys
import time

import libtorrent as lt

address, port, source, folder, *peers = sys.argv[1:]
session = lt.session({
    'listen_interfaces': f'{address}:{port}', 'outgoing_interfaces': address,
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'min_reconnect_time': 1,
    'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.connect_notification | lt.alert.category_t.peer_notification,
}, 0)
session.add_extension('ut_pex')
if source.endswith('.torrent'):
    session.add_extension('ut_metadata')
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(source)
    params.download_limit = 1000
else:
    params = lt.parse_magnet_uri(f'magnet:?xt=urn:btih:{source}')
params.save_path = folder
params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
handle = session.add_torrent(params)

known = set()
while True:
    for alert in session.pop_alerts():
        print(f'{type(alert).__name__}: {alert.message()}', flush=True)
    connected = {'%s:%d' % info.ip for info in handle.get_peer_info() if not info.flags & (info.connecting | info.handshake)}
    for peer in connected - known:
        print(f'knows {peer}', flush=True)
    known = connected
    for peer in peers:
        if peer not in connected:
            host, number = peer.split(':')
            handle.connect_peer((host, int(number)))
    time.sleep(0.3)
