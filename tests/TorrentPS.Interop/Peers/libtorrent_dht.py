#!/usr/bin/python3
"""A libtorrent DHT node that knows one other node and asks it everything it can ask.

usage: libtorrent_dht.py ADDRESS PORT OTHER_ADDRESS OTHER_PORT INFO_HASH_HEX ITEM

Says "listening"; what the other announces: "announced INFO_HASH PORT"; what comes of its own questions: "peers ADDRESS PORT..." (of
INFO_HASH, which it announces), "put N" (on so many nodes), "item TEXT" and "samples INFO_HASH..."; and "ping answered" and "answered a ping" when
one side has answered the other's ping. It pings a node only when it knows enough of them: sixteen in one half of the space of ids, as it is set here.
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
    # Many nodes of one address are no attack here.
    'dht_block_ratelimit': 10_000, 'alert_queue_size': 100_000,
    'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.dht_notification | lt.alert.category_t.dht_operation_notification
    | lt.alert.category_t.dht_log_notification,
})
wanted = lt.sha1_hash(bytes.fromhex(info_hash))
# Its announces are those of a torrent: Python can't make one alone.
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
    """Tells of a ping once its answer has passed the other way."""
    way = re.match(r'[<=>]+', alert.message()).group()
    packet = lt.bdecode(alert.pkt_buf)
    if packet.get(b'q') == b'ping':
        pings.add((way, packet[b't']))
    elif b'r' in packet and ('==>', packet[b't']) in pings and way == '<==':
        print('ping answered', flush=True)
    elif b'r' in packet and ('<==', packet[b't']) in pings and way == '==>':
        print('answered a ping', flush=True)


while True:
    # Every question again until it is answered: the other may not be known yet when the first is asked.
    if time.monotonic() > asked + 1:
        asked = time.monotonic()
        handle.force_dht_announce()
        session.dht_get_peers(wanted)
        session.dht_get_immutable_item(session.dht_put_immutable_item(item))
        if announced:
            # Not before there is something in it: a sample holds for minutes.
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
            # Reading an item that was not found raises.
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
