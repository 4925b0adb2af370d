# SPDX-License-Identifier: Apache-2.0
# Makes mutants: reads a list (format: mutants.txt), writes for each entry a folder NUMBER below `out`
# with the changed source and what there is to know of it. Blanks and line breaks do not count when an
# entry's text is looked for, so that a formatter may break lines as it likes. Complains of entries
# whose text is not there, or is there twice; exit status 1 when there was one.
function bare(text) { gsub(/[ \t\n]+/, "", text); return text }

# The file as text, the same without blanks, and where each of those characters came from.
function load(name,    line, i, c) {
    if (name == loaded) return
    loaded = name; text = ""; squeezed = ""; kept = 0
    while ((getline line < (root "/" name)) > 0) text = text line "\n"
    close(root "/" name)
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c != " " && c != "\t" && c != "\n") { from[++kept] = i; squeezed = squeezed c }
    }
}

function complain(words) { print list ":" at ": " words; bad = 1 }

function finish(    wanted, start, folder, lines) {
    if (what == "" && old new != "") complain("an entry without a name")
    if (what == "" || file !~ only) { what = ""; return }
    count++
    load(file)
    if (!place) {
        wanted = bare(old)
        start = index(squeezed, wanted)
        if (wanted == "" || start == 0) { complain("not in " file " any more: " old); what = ""; return }
        if (index(substr(squeezed, start + 1), wanted)) { complain("more than once in " file ": " old); what = ""; return }
        place = from[start]
        len = from[start + length(wanted) - 1] - place + 1
    }
    folder = out "/" count
    system("mkdir -p " folder)
    lines = substr(text, 1, place)
    printf "%s%s%s", substr(text, 1, place - 1), new, substr(text, place + len) >(folder "/source.c")
    close(folder "/source.c")
    print file >(folder "/file"); close(folder "/file")
    print tests >(folder "/tests"); close(folder "/tests")
    print file ":" (gsub(/\n/, "", lines) + 1) ": " what >(folder "/what"); close(folder "/what")
    what = ""
}

BEGIN { out_of_entry() }
function out_of_entry() { what = ""; old = ""; new = ""; place = 0 }
{ at = FNR; list = FILENAME }
/^#/ { next }
/^file / { finish(); out_of_entry(); file = $2; next }
/^tests / { finish(); out_of_entry(); tests = substr($0, 7); next }
/^with(out)? / { finish(); out_of_entry(); what = $0; next }
/^@ / { place = $2; len = $3; next }
/^- / { old = old substr($0, 3) "\n"; next }
/^\+ / { new = new substr($0, 3) "\n"; next }
/^\+$/ { next }
/^$/ { finish(); out_of_entry(); next }
{ complain("not understood: " $0) }
END { finish(); exit bad }
