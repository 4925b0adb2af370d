/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/delta/code.h"

#include <stdlib.h>

/* ELF, System V ABI, chapter 4; numbers are little-endian, or it is not looked at. */
enum {
    ELF_CLASS = 4,
    ELF_ORDER = 5,
    ELF_VERSION = 6,
    ELF_MACHINE = 18,
    ELF_MOST_PROGRAMS = 64,
    CLASS_32 = 1,
    CLASS_64 = 2,
    LOAD = 1,
    EXECUTABLE = 1,
    MACHINE_ARM = 40,
    MACHINE_X86_64 = 62,
    MACHINE_ARM64 = 183
};

/* Where the numbers stand that are in different places in the two classes. */
static const struct elf_class {
    size_t header, word;
    size_t programs_at, sections_at, header_size_at, program_size_at, program_count_at;
    size_t section_size_at, section_count_at;
    size_t program, type, flags, offset, address, in_file;
    size_t section;
} classes[] = {
    [CLASS_32] = {52, 4, 28, 32, 40, 42, 44, 46, 48, 32, 0, 24, 4, 8, 16, 40},
    [CLASS_64] = {64, 8, 32, 40, 52, 54, 56, 58, 60, 56, 0, 4, 8, 16, 32, 64},
};

static uint64_t number(const uint8_t *at, size_t len)
{
    uint64_t value = 0;
    while (len-- > 0)
        value = value << 8 | at[len];
    return value;
}

static enum pst_isa_name isa_of_machine(uint64_t machine)
{
    return machine == MACHINE_ARM64    ? PST_ISA_ARM64
           : machine == MACHINE_ARM    ? PST_ISA_ARM
           : machine == MACHINE_X86_64 ? PST_ISA_X86
                                       : PST_ISA_NONE;
}

static const struct elf_class *elf_class_of(struct pst_bytes file)
{
    static const uint8_t mark[] = {0x7f, 'E', 'L', 'F'};
    if (file.len < classes[CLASS_64].header || memcmp(file.at, mark, sizeof mark) != 0 ||
        file.at[ELF_ORDER] != 1 || file.at[ELF_VERSION] != 1 ||
        (file.at[ELF_CLASS] != CLASS_32 && file.at[ELF_CLASS] != CLASS_64))
        return NULL;
    const struct elf_class *class = &classes[file.at[ELF_CLASS]];
    bool sizes = number(file.at + class->header_size_at, 2) == class->header &&
                 number(file.at + class->program_size_at, 2) == class->program;
    return sizes ? class : NULL;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The file that begins here; false when it is none, or its code is of no kind that is known. */
static bool read_elf(struct pst_bytes file, struct pst_code_area *out)
{
    const struct elf_class *class = elf_class_of(file);
    if (class == NULL)
        return false;
    enum pst_isa_name isa = isa_of_machine(number(file.at + ELF_MACHINE, 2));
    uint64_t programs = number(file.at + class->programs_at, class->word);
    uint64_t count = number(file.at + class->program_count_at, 2);
    uint64_t sections = number(file.at + class->sections_at, class->word);
    uint64_t end = class->header;
    if (isa == PST_ISA_NONE || count == 0 || count > ELF_MOST_PROGRAMS || programs > file.len ||
        file.len - programs < count * class->program)
        return false;
    if (sections <= file.len)
        end = sections + number(file.at + class->section_count_at, 2) * class->section;
    uint32_t bias = 0;
    bool found = false;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *program = file.at + programs + i * class->program;
        uint64_t offset = number(program + class->offset, class->word);
        uint64_t in_file = number(program + class->in_file, class->word);
        if (number(program + class->type, 4) != LOAD || offset > file.len ||
            in_file > file.len - offset)
            continue;
        end = greater(end, offset + in_file);
        if (!found && (number(program + class->flags, 4) & EXECUTABLE) != 0) {
            bias = (uint32_t)(number(program + class->address, class->word) - offset);
            found = true;
        }
    }
    end = end < file.len ? end : file.len;
    *out = (struct pst_code_area){0, (uint32_t)end, isa, bias, false};
    return true;
}

void pst_code_areas_clear(struct pst_code_areas *list)
{
    free(list->of);
    *list = (struct pst_code_areas){0};
}

static bool add(struct pst_code_areas *list, struct pst_code_area code)
{
    if (list->count == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 16;
        struct pst_code_area *of = realloc(list->of, room * sizeof *of);
        if (of == NULL)
            return false;
        list->of = of;
        list->room = room;
    }
    list->of[list->count++] = code;
    return true;
}

/* Returns of each kind of code: no other instruction is as frequent and as plain. */
static enum pst_isa_name isa_of_words(struct pst_bytes bytes)
{
    size_t found[PST_ISA_COUNT] = {0}, best = PST_ISA_NONE;
    for (size_t i = 0; i + 4 <= bytes.len; i += 2) {
        uint32_t word = pst_word_at(bytes.at + i);
        found[PST_ISA_ARM64] += i % 4 == 0 && word == 0xd65f03c0 ? 4 : 0; /* RET */
        /* BX LR; POP {..., PC}; POP.W {..., PC} */
        found[PST_ISA_ARM] += (word & 0xffff) == 0x4770 || (word & 0xff00) == 0xbd00 ||
                              ((word & 0xffff) == 0xe8bd && word >> 31 != 0);
        /* POP RBP, RET; RET before a long NOP */
        found[PST_ISA_X86] += (word & 0xffff) == 0xc35d || (word & 0xffffff) == 0x1f0fc3;
    }
    for (size_t i = 1; i < PST_ISA_COUNT; i++)
        if (found[i] > found[best])
            best = i;
    return found[best] > bytes.len / 4096 ? (enum pst_isa_name)best : PST_ISA_NONE;
}

enum { RAW_LEAST = 32 << 10 };

static bool add_raw(struct pst_code_areas *list, struct pst_bytes image, size_t at, size_t end)
{
    if (end - at < RAW_LEAST && end - at < image.len)
        return true;
    enum pst_isa_name isa = isa_of_words(pst_bytes(image.at + at, end - at));
    at = (at + 3) & ~(size_t)3;
    struct pst_code_area raw = {(uint32_t)at, (uint32_t)(end - at), isa, 0, true};
    return isa == PST_ISA_NONE || add(list, raw);
}

bool pst_code_find(struct pst_bytes image, struct pst_code_areas *out)
{
    size_t raw_at = 0;
    for (size_t at = 0; at < image.len;) {
        const uint8_t *mark = memchr(image.at + at, 0x7f, image.len - at);
        if (mark == NULL)
            break;
        struct pst_code_area code;
        at = (size_t)(mark - image.at);
        if (!read_elf(pst_bytes(mark, image.len - at), &code)) {
            at++;
            continue;
        }
        code.at = (uint32_t)at;
        code.address -= code.at;
        if (!add_raw(out, image, raw_at, at) || !add(out, code))
            return false;
        at += code.len;
        raw_at = at;
    }
    return raw_at == image.len || add_raw(out, image, raw_at, image.len);
}

void pst_code_project(const struct pst_code_areas *list, struct pst_bytes image, uint8_t *out)
{
    if (image.len > 0)
        memcpy(out, image.at, image.len);
    for (size_t i = 0; i < list->count; i++) {
        const struct pst_code_area *code = &list->of[i];
        const struct pst_isa *isa = pst_isa_of(code->isa);
        if (isa != NULL)
            isa->project(image.at + code->at, out + code->at, code->len);
    }
}
