'use strict';

// net.BlockList itself: its rules, which addresses they match, and what they look like. What sockets do with one is in
// send_block_list.txt and receive_block_list.txt. It is older than those: only what changed runs on a later Node.

const { BlockList } = require('node:net');
const { scenario } = require('../trace');

const since = '24.21.0';

scenario('block_list/empty', (t) => {
  const list = new BlockList();
  t.returns('IPv4', () => list.check('127.0.0.1'));
  t.returns('IPv6', () => list.check('::1', 'ipv6'));
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/address', (t) => {
  const list = new BlockList();
  t.returns('addAddress', () => list.addAddress('192.0.2.7'));
  t.returns('itself', () => list.check('192.0.2.7'));
  t.returns('one lower', () => list.check('192.0.2.6'));
  t.returns('one higher', () => list.check('192.0.2.8'));
});

scenario('block_list/ipv6-address', (t) => {
  const list = new BlockList();
  t.returns('addAddress', () => list.addAddress('2001:db8::7', 'ipv6'));
  t.returns('itself', () => list.check('2001:db8::7', 'ipv6'));
  t.returns('in another spelling', () => list.check('2001:0DB8:0:0:0:0:0:7', 'ipv6'));
  t.returns('one lower', () => list.check('2001:db8::6', 'ipv6'));
  t.returns('one higher', () => list.check('2001:db8::8', 'ipv6'));
});

scenario('block_list/many-addresses', (t) => {
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  list.addAddress('192.0.2.3');
  list.addAddress('2001:db8::2', 'ipv6');
  t.returns('first', () => list.check('192.0.2.1'));
  t.returns('between', () => list.check('192.0.2.2'));
  t.returns('second', () => list.check('192.0.2.3'));
  t.returns('third', () => list.check('2001:db8::2', 'ipv6'));
});

scenario('block_list/range', (t) => {
  // Both ends belong to it.
  const list = new BlockList();
  t.returns('addRange', () => list.addRange('192.0.2.10', '192.0.3.5'));
  t.returns('before', () => list.check('192.0.2.9'));
  t.returns('start', () => list.check('192.0.2.10'));
  t.returns('inside', () => list.check('192.0.2.255'));
  t.returns('end', () => list.check('192.0.3.5'));
  t.returns('behind', () => list.check('192.0.3.6'));
});

scenario('block_list/ipv6-range', (t) => {
  const list = new BlockList();
  t.returns('addRange', () => list.addRange('2001:db8::fff0', '2001:db8::1:5', 'ipv6'));
  t.returns('before', () => list.check('2001:db8::ffef', 'ipv6'));
  t.returns('start', () => list.check('2001:db8::fff0', 'ipv6'));
  t.returns('inside', () => list.check('2001:db8::1:0', 'ipv6'));
  t.returns('end', () => list.check('2001:db8::1:5', 'ipv6'));
  t.returns('behind', () => list.check('2001:db8::1:6', 'ipv6'));
});

scenario('block_list/range-of-one', (t) => {
  const list = new BlockList();
  t.returns('addRange', () => list.addRange('192.0.2.7', '192.0.2.7'));
  t.returns('itself', () => list.check('192.0.2.7'));
  t.returns('one lower', () => list.check('192.0.2.6'));
  t.returns('one higher', () => list.check('192.0.2.8'));
});

scenario('block_list/range-of-everything', (t) => {
  // The bytes count as they are written, also above 127.
  const list = new BlockList();
  list.addRange('0.0.0.0', '255.255.255.255');
  t.returns('first', () => list.check('0.0.0.0'));
  t.returns('middle', () => list.check('128.0.0.1'));
  t.returns('last', () => list.check('255.255.255.255'));
  t.returns('IPv6', () => list.check('::1', 'ipv6'));
});

scenario('block_list/range-that-ends-before-it-starts', (t) => {
  const list = new BlockList();
  t.throws('IPv4', () => list.addRange('192.0.2.2', '192.0.2.1'));
  t.throws('IPv6', () => list.addRange('2001:db8::2', '2001:db8::1', 'ipv6'));
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/subnet', (t) => {
  const list = new BlockList();
  t.returns('addSubnet', () => list.addSubnet('192.0.2.64', 26));
  t.returns('before', () => list.check('192.0.2.63'));
  t.returns('first', () => list.check('192.0.2.64'));
  t.returns('last', () => list.check('192.0.2.127'));
  t.returns('behind', () => list.check('192.0.2.128'));
});

scenario('block_list/ipv6-subnet', (t) => {
  const list = new BlockList();
  t.returns('addSubnet', () => list.addSubnet('2001:db8:8000::', 33, 'ipv6'));
  t.returns('before', () => list.check('2001:db8:7fff:ffff:ffff:ffff:ffff:ffff', 'ipv6'));
  t.returns('first', () => list.check('2001:db8:8000::', 'ipv6'));
  t.returns('last', () => list.check('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6'));
  t.returns('behind', () => list.check('2001:db9::', 'ipv6'));
});

scenario('block_list/host-bits', (t) => {
  // They do not count. The rule's text has them all the same.
  const list = new BlockList();
  list.addSubnet('192.0.2.77', 26);
  list.addSubnet('2001:db8::77', 64, 'ipv6');
  t.returns('first of IPv4', () => list.check('192.0.2.64'));
  t.returns('last of IPv4', () => list.check('192.0.2.127'));
  t.returns('behind IPv4', () => list.check('192.0.2.128'));
  t.returns('first of IPv6', () => list.check('2001:db8::', 'ipv6'));
  t.returns('behind IPv6', () => list.check('2001:db8:0:1::', 'ipv6'));
  for (const rule of list.rules) t.log(rule);
});

scenario('block_list/prefixes-at-the-ends', (t) => {
  for (const [network, prefix, family, inside, outside] of [
    ['192.0.2.1', 0, 'ipv4', '203.0.113.9', '203.0.113.9'],
    ['192.0.2.1', 1, 'ipv4', '128.0.0.0', '127.255.255.255'],
    ['192.0.2.1', 31, 'ipv4', '192.0.2.0', '192.0.2.2'],
    ['192.0.2.1', 32, 'ipv4', '192.0.2.1', '192.0.2.0'],
    ['2001:db8::1', 0, 'ipv6', 'ff02::1', 'ff02::1'],
    ['2001:db8::1', 1, 'ipv6', '7fff::', '8000::'],
    ['2001:db8::1', 127, 'ipv6', '2001:db8::', '2001:db8::2'],
    ['2001:db8::1', 128, 'ipv6', '2001:db8::1', '2001:db8::'],
  ]) {
    const list = new BlockList();
    t.returns(`${network}/${prefix}`, () => list.addSubnet(network, prefix, family));
    t.returns(inside, () => list.check(inside, family));
    t.returns(outside, () => list.check(outside, family));
  }
});

scenario('block_list/bad-prefixes', (t) => {
  const list = new BlockList();
  t.throws('IPv4 -1', () => list.addSubnet('192.0.2.0', -1));
  t.throws('IPv4 33', () => list.addSubnet('192.0.2.0', 33));
  t.throws('IPv6 -1', () => list.addSubnet('2001:db8::', -1, 'ipv6'));
  t.throws('IPv6 129', () => list.addSubnet('2001:db8::', 129, 'ipv6'));
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/invalid-addresses', (t) => {
  const list = new BlockList();
  for (const text of ['', 'nonsense', 'localhost', '192.0.2', '192.0.2.256', '192.0.2.1/24', ' 192.0.2.1', '::1']) {
    t.throws(JSON.stringify(text), () => list.addAddress(text));
  }
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/invalid-ipv6-addresses', (t) => {
  const list = new BlockList();
  for (const text of ['', 'nonsense', '1::2::3', '::12345', '[::1]', '::1/64', '192.0.2.1']) {
    t.throws(JSON.stringify(text), () => list.addAddress(text, 'ipv6'));
  }
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/zones-do-not-count', (t) => {
  const list = new BlockList();
  t.returns('addAddress', () => list.addAddress('fe80::1%eth0', 'ipv6'));
  t.returns('its zone', () => list.check('fe80::1%eth0', 'ipv6'));
  t.returns('no zone', () => list.check('fe80::1', 'ipv6'));
  t.returns('another zone', () => list.check('fe80::1%eth1', 'ipv6'));
  t.returns('unknown zone', () => list.check('fe80::1%nowhere', 'ipv6'));
  t.returns('another address', () => list.check('fe80::2%eth0', 'ipv6'));
  for (const rule of list.rules) t.log(rule);
});

scenario('block_list/invalid-ends-of-a-range', (t) => {
  const list = new BlockList();
  t.throws('start', () => list.addRange('nonsense', '192.0.2.9'));
  t.throws('end', () => list.addRange('192.0.2.1', 'nonsense'));
  t.throws('both', () => list.addRange('first', 'second'));
  t.throws('two families', () => list.addRange('192.0.2.1', '2001:db8::1'));
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/invalid-networks', (t) => {
  const list = new BlockList();
  t.throws('IPv4', () => list.addSubnet('192.0.2', 24));
  t.throws('IPv6', () => list.addSubnet('2001:db8', 32, 'ipv6'));
  t.throws('of the other family', () => list.addSubnet('192.0.2.0', 24, 'ipv6'));
  t.throws('address and prefix', () => list.addSubnet('nonsense', 33));
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/check-of-invalid-text', (t) => {
  // It is not blocked, whatever the rules are.
  const list = new BlockList();
  list.addSubnet('0.0.0.0', 0);
  list.addSubnet('::', 0, 'ipv6');
  for (const text of ['', 'nonsense', '192.0.2', '192.0.2.256', '::1']) {
    t.returns(JSON.stringify(text), () => list.check(text));
  }
  for (const text of ['', 'nonsense', '1::2::3', '192.0.2.1']) {
    t.returns(`${JSON.stringify(text)} as IPv6`, () => list.check(text, 'ipv6'));
  }
});

scenario('block_list/family-in-any-case', (t) => {
  const list = new BlockList();
  t.returns('IPv4', () => list.addAddress('192.0.2.1', 'IPv4'));
  t.returns('IPV6', () => list.addAddress('2001:db8::1', 'IPV6'));
  t.returns('check IPV4', () => list.check('192.0.2.1', 'IPV4'));
  t.returns('check IPv6', () => list.check('2001:db8::1', 'IPv6'));
});

scenario('block_list/unknown-family', (t) => {
  const list = new BlockList();
  t.throws('addAddress', () => list.addAddress('192.0.2.1', 'ipv5'));
  t.throws('addRange', () => list.addRange('192.0.2.1', '192.0.2.2', ''));
  t.throws('addSubnet', () => list.addSubnet('192.0.2.0', 24, 'udp4'));
  t.returns('rules', () => list.rules.length);
});

scenario('block_list/check-of-an-unknown-family', (t) => {
  // As that of an invalid address.
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  list.addAddress('2001:db8::1', 'ipv6');
  t.returns('IPv4 address', () => list.check('192.0.2.1', 'ipv5'));
  t.returns('IPv6 address', () => list.check('2001:db8::1', 'ipv5'));
});

scenario('block_list/check-of-an-unknown-family-later', { since, trap: 'an unknown family is IPv6' }, (t) => {
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  list.addAddress('2001:db8::1', 'ipv6');
  t.returns('IPv4 address', () => list.check('192.0.2.1', 'ipv5'));
  t.returns('IPv6 address', () => list.check('2001:db8::1', 'ipv5'));
});

scenario('block_list/ipv4-rules-and-mapped-addresses', (t) => {
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  list.addRange('198.51.100.1', '198.51.100.9');
  list.addSubnet('203.0.113.0', 24);
  t.returns('address', () => list.check('::ffff:192.0.2.1', 'ipv6'));
  t.returns('address in hexadecimal', () => list.check('::ffff:c000:201', 'ipv6'));
  t.returns('another address', () => list.check('::ffff:192.0.2.2', 'ipv6'));
  t.returns('start of the range', () => list.check('::ffff:198.51.100.1', 'ipv6'));
  t.returns('end of the range', () => list.check('::ffff:198.51.100.9', 'ipv6'));
  t.returns('behind the range', () => list.check('::ffff:198.51.100.10', 'ipv6'));
  t.returns('subnet', () => list.check('::ffff:203.0.113.77', 'ipv6'));
  t.returns('another subnet', () => list.check('::ffff:203.0.114.1', 'ipv6'));
  t.returns('compatible, not mapped', () => list.check('::192.0.2.1', 'ipv6'));
});

scenario('block_list/address-rule-of-a-mapped-address', (t) => {
  const list = new BlockList();
  list.addAddress('::ffff:192.0.2.1', 'ipv6');
  t.returns('itself', () => list.check('::ffff:192.0.2.1', 'ipv6'));
  t.returns('IPv4', () => list.check('192.0.2.1'));
  t.returns('another IPv4', () => list.check('192.0.2.2'));
});

scenario('block_list/range-of-mapped-addresses', (t) => {
  const list = new BlockList();
  list.addRange('::ffff:192.0.2.1', '::ffff:192.0.2.9', 'ipv6');
  t.returns('itself', () => list.check('::ffff:192.0.2.5', 'ipv6'));
  t.returns('start', () => list.check('192.0.2.1'));
  t.returns('end', () => list.check('192.0.2.9'));
  t.returns('behind', () => list.check('192.0.2.10'));
});

scenario('block_list/subnet-of-mapped-addresses', (t) => {
  const list = new BlockList();
  list.addSubnet('::ffff:192.0.2.0', 120, 'ipv6');
  t.returns('itself', () => list.check('::ffff:192.0.2.5', 'ipv6'));
  t.returns('IPv4', () => list.check('192.0.2.5'));
  t.returns('another IPv4', () => list.check('192.0.3.5'));
});

scenario('block_list/ipv6-subnets-around-the-mapped-addresses', (t) => {
  const all = new BlockList();
  all.addSubnet('::', 0, 'ipv6');
  t.returns('::/0', () => all.check('192.0.2.1'));
  const mapped = new BlockList();
  mapped.addSubnet('::ffff:0:0', 96, 'ipv6');
  t.returns('::ffff:0:0/96', () => mapped.check('192.0.2.1'));
  const other = new BlockList();
  other.addSubnet('2001:db8::', 32, 'ipv6');
  t.returns('2001:db8::/32', () => other.check('192.0.2.1'));
});

scenario('block_list/ipv6-range-around-the-mapped-addresses', {
  trap: 'it has the mapped address, but not the IPv4 address, as a subnet would',
}, (t) => {
  const list = new BlockList();
  list.addRange('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6');
  t.returns('mapped', () => list.check('::ffff:192.0.2.1', 'ipv6'));
  t.returns('IPv4', () => list.check('192.0.2.1'));
});

scenario('block_list/rules', (t) => {
  // The newest is the first.
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  list.addRange('198.51.100.1', '198.51.100.9');
  list.addSubnet('203.0.113.0', 24);
  list.addAddress('2001:db8::1', 'ipv6');
  list.addRange('2001:db8::1', '2001:db8::ff', 'ipv6');
  list.addSubnet('2001:db8::', 32, 'ipv6');
  for (const rule of list.rules) t.log(rule);
});

scenario('block_list/rules-are-spelled-in-one-way', (t) => {
  const list = new BlockList();
  list.addAddress('2001:0DB8:0000:0000:0000:0000:0000:000A', 'ipv6');
  list.addAddress('0:0:0:0:0:0:0:0', 'ipv6');
  list.addAddress('::ffff:c000:0201', 'ipv6');
  list.addAddress('::192.0.2.1', 'ipv6');
  list.addAddress('2001:db8:0:1:0:0:0:1', 'ipv6');
  for (const rule of list.rules) t.log(rule);
});

scenario('block_list/rules-later', {
  since,
  trap: 'the addresses in no order of theirs, each once, then the subnets and then the ranges, each the newest first',
}, (t) => {
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  list.addRange('198.51.100.1', '198.51.100.9');
  list.addSubnet('203.0.113.0', 24);
  list.addAddress('192.0.2.1');
  list.addRange('2001:db8::1', '2001:db8::ff', 'ipv6');
  list.addSubnet('2001:db8::', 32, 'ipv6');
  list.addSubnet('203.0.113.0', 24);
  for (const rule of list.rules) t.log(rule);
});

scenario('block_list/same-rule-twice', (t) => {
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  list.addAddress('192.0.2.2');
  list.addAddress('192.0.2.1');
  list.addSubnet('192.0.2.0', 24);
  list.addSubnet('192.0.2.0', 24);
  for (const rule of list.rules) t.log(rule);
});

scenario('block_list/rules-is-a-copy', (t) => {
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  const { rules } = list;
  list.addAddress('192.0.2.2');
  t.returns('then', () => rules.length);
  t.returns('now', () => list.rules.length);
});
