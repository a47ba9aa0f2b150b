/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-inputs.c: runs a fuzz target over the files of the folders named, without libFuzzer: corpora and regressions
 * as a test. */
#include <glib.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int main (int argc, char **argv)
{
    guint n = 0;

    for (int i = 1; i < argc; i++) {
        g_autoptr (GDir) dir = g_dir_open (argv[i], 0, NULL);
        const char *name;

        while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
            g_autofree char *path = g_build_filename (argv[i], name, NULL), *text = NULL;
            gsize len;

            if (!g_file_get_contents (path, &text, &len, NULL))
                return 1;
            g_autofree guint8 *exact =
                g_memdup2 (text, len); /* without the NUL behind it, so that a sanitizer sees a read beyond */

            LLVMFuzzerTestOneInput (exact, len);
            n++;
        }
    }
    g_print ("%u inputs\n", n);
    return n > 0 ? 0 : 1;
}
