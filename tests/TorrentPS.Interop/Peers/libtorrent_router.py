#!/usr/bin/python3
"""A small DHT of libtorrent nodes without torrents. The first node is the bootstrap node.

usage: libtorrent_router.py PORT ADDRESS...        one node at each address, at least two

Prints "listening" when all nodes have joined, then "announced INFO_HASH ADDRESS:PORT" for each announce_peer query.
"""
import sys
import time

import libtorrent as lt

port, addresses = sys.argv[1], sys.argv[2:]


def node(address):
    return lt.session({
        'listen_interfaces': f'{address}:{port}', 'outgoing_interfaces': address,
        'enable_dht': True, 'dht_bootstrap_nodes': '' if address == addresses[0] else f'{addresses[0]}:{port}',
        'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        # All nodes of the test DHT are in one /24 network.
        'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False,
        'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.dht_notification,
    })


nodes = [node(address) for address in addresses]
joined = 0
while True:
    for session in nodes:
        for alert in session.pop_alerts():
            if isinstance(alert, lt.dht_announce_alert):
                print(f'announced {alert.info_hash} {alert.ip}:{alert.port}', flush=True)
            else:
                print(f'{session.listen_port()} {type(alert).__name__}: {alert.message()}', flush=True)
            if isinstance(alert, lt.dht_bootstrap_alert):
                joined += 1
                # The first node has no bootstrap node and posts no bootstrap alert.
                if joined == len(nodes) - 1:
                    print('listening', flush=True)
    time.sleep(0.05)
