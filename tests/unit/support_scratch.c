/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/scratch.h"

static void a_scratch_folder_goes_with_its_content(void **state)
{
    struct pst_scratch scratch = pst_scratch();
    char path[300];
    char at[300];

    (void)state;
    pst_scratch_path(&scratch, "deep", path, sizeof path);
    assert_int_equal(mkdir(path, 0700), 0);
    pst_scratch_path(&scratch, "deep/file", at, sizeof at);
    close(open(at, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(access(at, F_OK), 0);
    chmod(path, 0);
    pst_scratch_path(&scratch, "", path, sizeof path);
    pst_scratch_cleanup(&scratch);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scratch_folder_goes_with_its_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
