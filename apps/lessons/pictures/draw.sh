#!/bin/sh
# Runs the commands of lessons and draws their pictures anew, docs/lessons/pictures/*.svg: charts of the
# pages that those commands write, as a browser draws them.
#
#   draw.sh PROGRAMS [NUMBER...]    the folder of the built programs; all lessons without a number
#
# A picture is asked for in front of its place in the text:
#   <!-- picture: PAGE CHART [OF] [CONTROL=CHOICE ...] -->
#   ![what it shows](pictures/NAME.svg)

set -eu
programs=$1
shift
lessons=docs/lessons
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The words behind "picture:" and the file, of every picture of a lesson.
pictures() {
  sed -n '/^<!-- picture: /{s/^<!-- picture: //;s/ -->$//;N;s/\n.*](pictures\/\(.*\)\.svg)$/\n\1/;p;}' "$1"
}

draw() { # draw WORDS NAME
  page=${1%% *}
  # The page without its policy, so that one more script may look at it.
  {
    sed '/http-equiv="Content-Security-Policy"/,/">$/d' "$page"
    printf '<script>const kPicture = `%s`;\n' "${1#* }"
    cat apps/lessons/pictures/picture.js
    printf '</script>\n'
  } >"$scratch/page.html"
  chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --enable-logging=stderr --user-data-dir="$scratch/profile" --window-size=800,900 --dump-dom "file://$scratch/page.html" \
    2>"$scratch/browser.log" |
    sed -n 's/.*<pre id="picture">\([^<]*\)<\/pre>.*/\1/p' | base64 -d >"$scratch/picture.svg"
  if ! grep -q '</svg>' "$scratch/picture.svg"; then
    grep CONSOLE "$scratch/browser.log" >&2 || true
    echo "$2: $page has no such chart: ${1#* }" >&2
    exit 1
  fi
  mkdir -p "$lessons/pictures"
  mv "$scratch/picture.svg" "$lessons/pictures/$2.svg"
  echo "drew $lessons/pictures/$2.svg"
}

[ $# -gt 0 ] || set -- $("$programs/lessons" --list | sed 's/^ *\([0-9]*\).*/\1/')
for number; do
  file=$(ls "$lessons/$(printf %02d "$number")"-*.md)
  "$programs/lessons" --commands "$number" | sed "s|^\\./norma \\([a-z]*\\)|$programs/\\1|" >"$scratch/commands"
  sh -eux "$scratch/commands" >"$scratch/commands.log" 2>&1 || {
    cat "$scratch/commands.log" >&2
    exit 1
  }
  pictures "$file" >"$scratch/pictures"
  while read -r words && read -r name; do
    draw "$words" "$name" </dev/null
  done <"$scratch/pictures"
done
