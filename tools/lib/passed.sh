# Which builds have passed on which tree, so that a night that was broken off can go on. Sourced by tools/test.

# tested_tree <build>: names what it tests, as it is checked out; nothing where there are changes that are not committed, or
# files that git does not know. The documents are read by the builds of each change alone.
tested_tree() {
  local paths=(. ':!docs' ':!*.md')
  if [[ " ${each_change[*]} " == *" $1 "* ]]; then paths=(.); fi
  [ -z "$(git -C "$root" status --porcelain 2>&1)" ] &&
    git -C "$root" ls-files -s -- "${paths[@]}" | git -C "$root" hash-object --stdin
}

# note_passed <build> <lines that the table had before>: its lines of the table are kept with the tree.
note_passed() {
  local tree
  tree=$(tested_tree "$1") || return 0
  mkdir -p "$logs/passed"
  { printf '%s\n' "$tree" && tail -n "+$(($2 + 1))" "$times"; } >"$logs/passed/$1.tsv"
}

# has_passed <build>: on the tree that is checked out. Then its lines are in the table, and its tests in the sums.
has_passed() {
  local kept=$logs/passed/$1.tsv tree good
  tree=$(tested_tree "$1") && [ "$(head -n 1 "$kept" 2>/dev/null)" = "$tree" ] || return 1
  tail -n +2 "$kept" >>"$times"
  good=$(awk -F '\t' '$2 == "passed" { sum += $3 } END { print sum + 0 }' "$kept")
  passed=$((passed + good))
  step "$1: $good passed on this tree already, $(date -r "$kept" '+%F %R')"
}
