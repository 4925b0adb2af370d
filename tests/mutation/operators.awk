# SPDX-License-Identifier: Apache-2.0
# Turns over each operator of a source, and each condition of an `if`: entries as mutants.txt has them,
# but by place. -v file=PATH (below the root) -v tests='NAME...'; reads the source.
function entry(place, len, new, name) {
    gsub(/\n/, " ", new)
    printf "with %s (character %d)\n@ %d %d\n+ %s\n\n", name, place, place, len, new
}

# The same text with comments, strings and preprocessor lines blanked: places stay.
function blanked(text,    i, c, two, out, until, start) {
    out = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1); two = substr(text, i, 2); start = i
        if (two == "/*") until = "*/"
        else if (c == "\"" || c == "'") until = c
        else if (c == "#" && (i == 1 || substr(text, i - 1, 1) == "\n")) until = "\n"
        else { out = out c; continue }
        for (i += length(until); i <= length(text); i++) {
            if (substr(text, i, 1) == "\\") i++
            else if (substr(text, i, length(until)) == until) { i += length(until) - 1; break }
        }
        while (start++ <= i) out = out " "
    }
    return out
}

# Where the bracket that opens at `place` closes.
function closing(code, place,    depth, c) {
    for (depth = 0; place <= length(code); place++) {
        c = substr(code, place, 1)
        if (c == "(") depth++
        if (c == ")" && --depth == 0) return place
    }
    return 0
}

BEGIN {
    other["&&"] = "||"; other["||"] = "&&"; other["=="] = "!="; other["!="] = "=="
    other["<="] = "<"; other[">="] = ">"; other[" <"] = " <="; other[" >"] = " >="
}
{ text = text $0 "\n" }
END {
    print "file " file "\ntests " tests "\n"
    code = blanked(text)
    for (i = 1; i <= length(code); i++) {
        two = substr(code, i, 2)
        if ((two == " <" || two == " >") && substr(code, i + 2, 1) != " ") continue
        if (two in other) { entry(i, 2, other[two], other[two] " for " two); i++ }
        else if (substr(code, i, 4) == "if (") {
            end = closing(code, i + 3)
            entry(i + 3, end - i - 2, "(!" substr(text, i + 3, end - i - 2) ")", "the contrary of an if")
        }
        else if (substr(code, i, 12) == "return true;") entry(i, 12, "return false;", "false for true")
        else if (substr(code, i, 13) == "return false;") entry(i, 13, "return true;", "true for false")
    }
}
