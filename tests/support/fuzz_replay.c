/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes an ordinary program of a fuzz target: it is given each file that is named, or that is in a
 * folder that is named. So the seeds, and every input that once broke something, are tested by any
 * compiler.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static size_t replay_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *buffer = malloc(INPUT_MOST);
    size_t len = file != NULL && buffer != NULL ? fread(buffer, 1, INPUT_MOST, file) : 0;
    bool read = file != NULL && buffer != NULL && ferror(file) == 0;

    /* A block of just the input's size, so that a sanitizer sees the first byte too many. */
    uint8_t *input = read ? malloc(len > 0 ? len : 1) : NULL;
    if (input != NULL) {
        memcpy(input, buffer, len);
        LLVMFuzzerTestOneInput(input, len);
    } else {
        perror(path);
    }
    if (file != NULL)
        fclose(file);
    free(buffer);
    free(input);
    return input != NULL ? 1 : 0;
}

static size_t replay_folder(DIR *folder, const char *name)
{
    size_t count = 0;

    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[4096];
        int len = snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
        if (entry->d_name[0] != '.' && len > 0 && (size_t)len < sizeof path)
            count += replay_file(path);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        count += folder != NULL ? replay_folder(folder, argv[i]) : replay_file(argv[i]);
    }
    printf("%zu inputs replayed\n", count);
    return count > 0 ? 0 : 1; /* nothing replayed is nothing proven */
}
