'use strict';

// Plays the scenarios that are rows of scenarios/*.txt: README.md has their form. rows.cpp plays the same with dgram.

const dgram = require('node:dgram');
const fs = require('node:fs');
const { BlockList } = require('node:net');
const { scenario } = require('./trace');

// Declares the scenarios of a file.
function declare(file) {
  const all = {};  // options of each
  const found = [];
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    const option = /^(since|namespace|trap)(?: (.*))?$/.exec(line);
    if (line === '' || line.startsWith('//')) continue;
    if (line.startsWith('# ')) found.push({ name: line.slice(2), options: { ...all }, rows: [] });
    else if (option) (found.at(-1)?.options ?? all)[option[1]] = option[2] ?? true;
    else add(found.at(-1).rows, line);
  }
  for (const { name, options, rows } of found) scenario(name, options, (t) => new Player(t).play(rows));
}

// A row that is indented more than the one before it is below that one.
function add(rows, line) {
  if (line.startsWith('  ')) add(rows.at(-1).below, line.slice(2));
  else rows.push({ text: line, below: [] });
}

// A blank in quotes is part of a word.
const words_of = (text) => text.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];

class Player {
  #t;
  #sockets = new Map();
  #ports = new Map();
  #list = new BlockList();
  #answers = [];  // of the lookup
  #asked = 0;
  #value;         // of the last call

  constructor(t) {
    this.#t = t;
  }

  // args: what the callback got that these rows are.
  play(rows, args = []) {
    for (const { text, below } of rows) this.#row(text, below, args);
  }

  #row(text, below, args) {
    const t = this.#t;
    const [, verb, rest] = /^(\S+) ?(.*)$/.exec(text);
    const words = words_of(rest);
    const then = below.length > 0 ? (...got) => this.play(below, got) : undefined;
    switch (verb) {
      case 'create': this.#sockets.set(words[0], this.#create(words[1], words.slice(2))); break;
      case 'list': this.#rule(...words); break;
      case 'lookup': this.#answers = below.map((answer) => words_of(answer.text)); break;
      case 'on': t.on(this.#sockets.get(words[0]), ...words); break;
      case 'port': this.#name_port(words[0]); break;
      case 'readable': t.readable(this.#sockets.get(words[0]), Number(words[1] ?? 1)); break;
      case 'close': for (const name of words) this.#sockets.get(name).close(); break;
      case 'log': t.log(rest.replace('<message>', () => args[0].toString())); break;
      case 'tick': t.tick(rest); break;
      case 'immediate': t.immediate(rest); break;
      case 'sent': t.sent(rest, ...args); break;
      case 'error': t.error(rest, args[0]); break;
      case 'settle': t.settle(then); break;
      case 'setImmediate': setImmediate(then); break;
      case 'throws':
      case 'returns': {
        const [, what, call] = /^(.*?): (.*)$/.exec(rest);
        t[verb](what, () => (call === 'value' ? this.#value : this.#call(words_of(call), then)));
        break;
      }
      default: this.#call(words_of(text), then);
    }
  }

  #create(type, words) {
    const options = { type };
    const objects = { sendBlockList: this.#list, receiveBlockList: this.#list, lookup: this.#lookup.bind(this) };
    for (const word of words) {
      const [name, value] = word.split('=');
      options[name] = objects[name] ?? (value === undefined || this.#value_of(value));
    }
    return dgram.createSocket(options);
  }

  #rule(call, ...words) {
    const family = words[0].includes(':') ? 'ipv6' : 'ipv4';
    this.#list[call](...words.map((word) => this.#value_of(word)), family);
  }

  #lookup(hostname, family, callback) {
    const first = this.#asked++ === 0;
    const [, answer, when, logged] =
      this.#answers.find(([name]) => name === hostname || name === '*' || (name === 'first' && first));
    if (logged) this.#t.log(`lookup ${hostname}`);
    const address = answer === 'itself' ? hostname : answer;
    const args = answer === 'error' ? [new Error('no')] : [null, address, 4];
    if (when === 'tick') process.nextTick(callback, ...args);
    else callback(...args);
  }

  #name_port(name) {
    this.#t.port(this.#sockets.get(name), name);
    this.#ports.set(name, this.#sockets.get(name).address().port);
  }

  #call([name, call, ...words], then) {
    const socket = this.#sockets.get(name);
    if (call === 'on' || call === 'once') return this.#listen(socket, call, words, then);
    const args = [];
    const options = {};
    while (words.length > 0) {
      const word = words.shift();
      const option = /^([a-z]+)=(.*)$/.exec(word);
      if (option) options[option[1]] = this.#value_of(option[2]);
      else args.push(word === '[' ? words.splice(0, words.indexOf(']') + 1).slice(0, -1).map((each) => this.#value_of(each))
                                  : this.#value_of(word));
    }
    if (Object.keys(options).length > 0) args.push(options);
    if (then) args.push(then);
    this.#value = socket[call](...args);
    if (call === 'bindSync') this.#ports.set(name, this.#value.port);
    return this.#value;
  }

  #listen(socket, call, [event, from = 1], then) {
    let seen = 0;
    return socket[call](event, (...got) => {
      if (++seen >= Number(from)) then(...got);
    });
  }

  #value_of(word) {
    const port = /^<(\w+)>$/.exec(word);
    const message = /^(\w+)\("(.*)"(?:,(\d+))?\)$/.exec(word);
    if (port) return this.#ports.get(port[1]);
    if (message) return message_of(message[1], message[2], Number(message[3]));
    if (word.startsWith('"')) return word.slice(1, -1);
    if (word === 'true') return true;
    return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word;
  }
}

function message_of(kind, text, offset) {
  const bytes = Uint8Array.from(Buffer.from(text));
  switch (kind) {
    case 'Buffer': return Buffer.from(text);
    case 'Uint8Array': return bytes;
    case 'Uint16Array': return new Uint16Array(bytes.buffer);
    case 'DataView': return new DataView(bytes.buffer, offset);
  }
}

module.exports = { declare };
