#!/usr/bin/python3
"""A libtorrent DHT node that knows one other node and sends it every kind of query.

usage: libtorrent_dht.py ADDRESS PORT OTHER_ADDRESS OTHER_PORT INFO_HASH_HEX ITEM

Prints "listening", and one line per event:
"announced INFO_HASH PORT"   the other node sent an announce_peer query
"peers ADDRESS PORT..."      the peers in a get_peers response for INFO_HASH, which this node announces
"put N"                      the item was stored at N nodes
"item TEXT"                  the item in a get response
"samples INFO_HASH..."       the info hashes in a sample_infohashes response
"ping answered"              the other node answered a ping
"answered a ping"            this node answered a ping

libtorrent sends pings only when it knows enough nodes: with these settings, sixteen in one half of the id space.
"""
import re
import sys
import time

import libtorrent as lt

address, port, other, other_port, info_hash, item = sys.argv[1:7]
host = f'[{address}]' if ':' in address else address
session = lt.session({
    'listen_interfaces': f'{host}:{port}', 'enable_dht': True, 'dht_bootstrap_nodes': '', 'enable_lsd': False, 'enable_upnp': False,
    'enable_natpmp': False, 'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False, 'dht_extended_routing_table': False,
    # The test runs many nodes at one address.
    'dht_block_ratelimit': 10_000, 'alert_queue_size': 100_000,
    'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.dht_notification | lt.alert.category_t.dht_operation_notification
    | lt.alert.category_t.dht_log_notification,
})
wanted = lt.sha1_hash(bytes.fromhex(info_hash))
# The Python binding has no announce query, so a torrent announces.
params = lt.parse_magnet_uri(f'magnet:?xt=urn:btih:{info_hash}')
params.save_path = '.'
params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
handle = session.add_torrent(params)
print('listening', flush=True)
session.add_dht_node((other, int(other_port)))

announced = False
asked = 0.0
pings = set()


def watch(alert):
    """Reports a ping when its answer was seen in the other direction."""
    way = re.match(r'[<=>]+', alert.message()).group()
    packet = lt.bdecode(alert.pkt_buf)
    if packet.get(b'q') == b'ping':
        pings.add((way, packet[b't']))
    elif b'r' in packet and ('==>', packet[b't']) in pings and way == '<==':
        print('ping answered', flush=True)
    elif b'r' in packet and ('<==', packet[b't']) in pings and way == '==>':
        print('answered a ping', flush=True)


while True:
    # Queries are repeated until answered: the other node may not be in the routing table at first.
    if time.monotonic() > asked + 1:
        asked = time.monotonic()
        handle.force_dht_announce()
        session.dht_get_peers(wanted)
        session.dht_get_immutable_item(session.dht_put_immutable_item(item))
        if announced:
            # Sampled after the announce, because a sample is cached for minutes.
            session.dht_sample_infohashes((other, int(other_port)), wanted)
    for alert in session.pop_alerts():
        if isinstance(alert, lt.dht_announce_alert):
            print(f'announced {alert.info_hash} {alert.port}', flush=True)
        elif isinstance(alert, lt.dht_get_peers_reply_alert):
            announced = True
            print('peers', *(f'{host} {number}' for host, number in alert.peers()), flush=True)
        elif isinstance(alert, lt.dht_put_alert):
            print(f'put {alert.num_success}', flush=True)
        elif isinstance(alert, lt.dht_immutable_item_alert):
            # Reading an item that was not found raises an exception.
            try:
                print(f'item {alert.item}', flush=True)
            except RuntimeError:
                print('no item', flush=True)
        elif isinstance(alert, lt.dht_pkt_alert):
            watch(alert)
        elif isinstance(alert, lt.dht_log_alert):
            pass
        elif isinstance(alert, lt.dht_sample_infohashes_alert):
            print('samples', *alert.samples, flush=True)
        else:
            print(f'{type(alert).__name__}: {alert.message()}', flush=True)
    time.sleep(0.05)
