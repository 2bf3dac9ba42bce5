#!/usr/bin/python3
"""A libtorrent client with one torrent, which finds peers only by trackers and the given peer sources.

Prints "started" when it listens (with --dht: when it has joined the DHT) and "seeding" when it has all pieces. A leech
then writes everything to disk and exits with code 0.
"""
import argparse
import time

import libtorrent as lt

parser = argparse.ArgumentParser()
parser.add_argument('role', choices=['seed', 'leech'])
parser.add_argument('source', help='torrent file or magnet link')
parser.add_argument('folder')
parser.add_argument('address')
parser.add_argument('port', type=int)
parser.add_argument('--dht', metavar='HOST:PORT', help='the node to join the DHT by')
parser.add_argument('--pex', action='store_true')
parser.add_argument('--lsd', action='store_true')
parser.add_argument('--encryption', choices=['forced', 'disabled'], help='of all connections; without the option, libtorrent chooses')
options = parser.parse_args()

category = lt.alert.category_t
host = f'[{options.address}]' if ':' in options.address else options.address
session = lt.session({
    'listen_interfaces': f'{host}:{options.port}', 'outgoing_interfaces': options.address,
    'enable_dht': options.dht is not None, 'dht_bootstrap_nodes': options.dht or '', 'enable_lsd': options.lsd,
    # All nodes of the test DHT are in one /24 network.
    'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False,
    'enable_upnp': False, 'enable_natpmp': False, 'enable_outgoing_utp': False, 'enable_incoming_utp': False,
    'alert_mask': category.error_notification | category.tracker_notification | category.connect_notification | category.dht_notification,
})
if options.encryption:
    # pe_forced is 0, pe_disabled is 2; pe_rc4 is 2.
    policy = 0 if options.encryption == 'forced' else 2
    session.apply_settings({'out_enc_policy': policy, 'in_enc_policy': policy, 'allowed_enc_level': 2})


def show(alerts):
    for alert in alerts:
        print(f'{type(alert).__name__}: {alert.message()}', flush=True)
    return alerts


while options.dht and not any(isinstance(alert, lt.dht_bootstrap_alert) for alert in show(session.pop_alerts())):
    time.sleep(0.05)

if options.source.startswith('magnet:'):
    params = lt.parse_magnet_uri(options.source)
else:
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(options.source)
params.save_path = options.folder
params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
if not options.pex:
    params.flags |= lt.torrent_flags.disable_pex
handle = session.add_torrent(params)
print('started', flush=True)

complete = False
while not (complete and options.role == 'leech'):
    show(session.pop_alerts())
    if not complete and handle.status().is_seeding:
        complete = True
        print('seeding', flush=True)
    time.sleep(0.05)

# Removing the torrent waits for the disk and announces "stopped" to the tracker.
session.remove_torrent(handle)
del session
