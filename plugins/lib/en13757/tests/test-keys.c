/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-keys.c: keys are for ever: keys.tsv is the golden file. */
#include <en13757/key.h>

#include <string.h>

#include "hex.h"

static void keys_are_those_of_the_golden_file (void)
{
    g_autofree char *path = g_test_build_filename (G_TEST_DIST, "keys.tsv", NULL);
    g_autofree char *text = NULL;
    g_auto (GStrv) lines = NULL;
    guint n = 0;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto (GStrv) columns = g_strsplit (lines[i], "\t", 2);
        g_autoptr (GByteArray) bytes = NULL;
        char key[EN_KEY_MAX];
        EnRecord record;

        if (lines[i][0] == '#' || lines[i][0] == '\0')
            continue;
        bytes = test_hex (columns[0]);
        EnReader reader = EN_READER (bytes->data, bytes->len, FALSE);
        if (!en_record_next (&reader, &record))
            g_error ("line %u: stop %u", i + 1, reader.stop);
        g_assert_cmpuint (en_key (&record, key), ==, strlen (key));
        if (g_strcmp0 (key, columns[1]) != 0)
            g_error ("keys.tsv:%u: %s gives %s", i + 1, columns[0], key);
        g_assert_true (reader.at == reader.end);
        n++;
    }
    g_assert_cmpuint (n, >, 80);
}

static void longest_key_fits (void)
{
    /* ten DIFE with all bits, plain text of 24 letters, nine VIFEs */
    g_autoptr (GByteArray) bytes =
        test_hex ("F4FFFFFFFFFFFFFFFFFF7F FC 18 616161616161616161616161616161616161616161616161 "
                  "BBBBBBBBBBBBBBBBBB3B 01000000");
    EnReader reader = EN_READER (bytes->data, bytes->len, FALSE);
    char key[EN_KEY_MAX];
    EnRecord record;

    g_assert_true (en_record_next (&reader, &record));
    g_assert_cmpuint (en_key (&record, key), <, EN_KEY_MAX);
}

static void fixed_data_and_alarm_have_names (void)
{
    char key[EN_KEY_MAX];

    en_key_fixed (1, FALSE, key);
    g_assert_cmpstr (key, ==, "0.0.0.0:fixed1");
    en_key_fixed (2, TRUE, key);
    g_assert_cmpstr (key, ==, "0.1.0.0:fixed2");
    en_key_alarm (key);
    g_assert_cmpstr (key, ==, "0.0.0.0:alarm");
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/en13757/key/keys_are_those_of_the_golden_file", keys_are_those_of_the_golden_file);
    g_test_add_func ("/en13757/key/longest_key_fits", longest_key_fits);
    g_test_add_func ("/en13757/key/fixed_data_and_alarm_have_names", fixed_data_and_alarm_have_names);
    return g_test_run ();
}
