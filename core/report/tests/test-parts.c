/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-parts.c: names, back-off and spool files, each by itself. */
#include "report.h"
#include "spool.h"

#include <glib/gstdio.h>
#include <string.h>

#define HASH "0badcafe00000000000000000000000000000000000000000000000000000000"

static void an_identity_names_gateway_report_range_and_hash (void)
{
    g_autofree char *identity = report_identity ("gw", "billing", 68719476737, 68719476800, HASH, NULL);
    g_autofree char *part = report_identity ("gw", "billing", 1, 2, HASH, "daily.csv");

    g_assert_cmpstr (identity, ==, "gw-billing-68719476737-68719476800-0badcafe");
    g_assert_cmpstr (part, ==, "gw-billing-1-2-0badcafe-daily");
}

static void a_file_is_named_by_its_due_time_in_utc (void)
{
    struct {
        gint64 due_ms;
        const char *part, *extension, *name;
    } cases[] = {
        { 1795176030000, NULL, "csv", "2026/11/ID.csv" },
        { 1798761599999, NULL, "csv", "2026/12/ID.csv" }, /* 2026-12-31 23:59:59, next year in Berlin */
        { 1798761600000, NULL, "csv", "2027/01/ID.csv" },
        { 0, "daily.txt", "csv", "1970/01/ID.txt" },
        { 0, "daily", "csv", "1970/01/ID.csv" },
        { 0, NULL, NULL, "1970/01/ID" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *name = report_file_name (cases[i].due_ms, "ID", cases[i].part, cases[i].extension);
        g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void the_back_off_doubles_up_to_a_quarter_of_an_hour (void)
{
    const gint64 most_s[] = { 5, 10, 20, 40, 80, 160, 320, 640, 900, 900 };

    for (guint n = 0; n < G_N_ELEMENTS (most_s); n++) {
        g_assert_cmpint (report_backoff_us (n, 0), ==, 0);
        g_assert_cmpint (report_backoff_us (n, 1u << 31), ==, most_s[n] * G_USEC_PER_SEC / 2);
        g_assert_cmpint (report_backoff_us (n, G_MAXUINT32), <, most_s[n] * G_USEC_PER_SEC);
        g_assert_cmpint (report_backoff_us (n, G_MAXUINT32), >, most_s[n] * G_USEC_PER_SEC - 1000);
    }
    g_assert_cmpint (report_backoff_us (G_MAXUINT, G_MAXUINT32), <=, 900 * (gint64) G_USEC_PER_SEC);
}

typedef struct {
    char *base, *folder;
} Place;

static void place_up (Place *p, gconstpointer data)
{
    p->base = g_dir_make_tmp ("spool-XXXXXX", NULL);
    p->folder = g_build_filename (p->base, "spool", "billing", NULL);
}

static void place_down (Place *p, gconstpointer data)
{
    g_autofree char *above = g_path_get_dirname (p->folder);
    g_autoptr (GHashTable) none = g_hash_table_new (g_str_hash, g_str_equal);

    spool_clean (p->folder, none);
    g_rmdir (p->folder);
    g_rmdir (above);
    g_assert_cmpint (g_rmdir (p->base), ==, 0);
    g_free (p->base);
    g_free (p->folder);
}

static guint place_count (Place *p)
{
    g_autoptr (GDir) dir = g_dir_open (p->folder, 0, NULL);
    guint n = 0;

    while (dir != NULL && g_dir_read_name (dir) != NULL)
        n++;
    return n;
}

static void parts_are_hashed_and_named (Place *p, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    Spool *spool = spool_new (p->folder, "text/csv", &error);

    g_assert_no_error (error);
    g_assert_true (spool_output_ops.write (spool, "ab", 2, &error));
    g_assert_true (spool_output_ops.write (spool, "c", 1, &error));
    spool_output_ops.part (spool, "empty", NULL);
    spool_output_ops.part (spool, "second", "text/plain");
    g_assert_true (spool_output_ops.write (spool, "x", 1, &error));
    g_assert_true (spool_finish (spool, &error));
    g_assert_cmpuint (spool_get_n_parts (spool), ==, 2);
    g_assert_cmpstr (spool_get_part (spool, 0)->sha256, ==,
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    g_assert_cmpstr (spool_get_part (spool, 0)->content_type, ==, "text/csv");
    g_assert_cmpstr (spool_get_part (spool, 1)->name, ==, "second");
    g_assert_cmpstr (spool_get_part (spool, 1)->content_type, ==, "text/plain");
    g_assert_true (spool_rename (spool, 0, "one.csv", &error));
    g_assert_true (spool_sync (spool, &error));
    spool_keep_one (spool, 0);
    spool_free (spool);
    g_autofree char *path = g_build_filename (p->folder, "one.csv", NULL);
    g_assert_true (spool_file_is (path, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    g_assert_false (spool_file_is (path, HASH));
    g_assert_false (spool_file_is (p->folder, HASH));
    g_assert_cmpuint (place_count (p), ==, 1);
}

static void what_is_not_kept_is_removed (Place *p, gconstpointer data)
{
    Spool *spool = spool_new (p->folder, "text/csv", NULL);

    g_assert_true (spool_output_ops.write (spool, "abc", 3, NULL));
    g_assert_cmpuint (place_count (p), ==, 1);
    spool_free (spool);
    g_assert_cmpuint (place_count (p), ==, 0);
}

static void a_folder_that_cannot_be_made_is_an_error (Place *p, gconstpointer data)
{
    g_autofree char *above = g_path_get_dirname (p->folder);
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (above, "", 0, NULL));
    g_assert_null (spool_new (p->folder, "text/csv", &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    g_assert_nonnull (strstr (error->message, p->folder));
    g_assert_cmpint (g_unlink (above), ==, 0);
}

static void cleaning_leaves_what_is_known (Place *p, gconstpointer data)
{
    g_autofree char *known = g_build_filename (p->folder, "known.csv", NULL);
    g_autofree char *orphan = g_build_filename (p->folder, "0.part", NULL);
    g_autoptr (GHashTable) keep = g_hash_table_new (g_str_hash, g_str_equal);

    g_assert_cmpint (g_mkdir_with_parents (p->folder, 0700), ==, 0);
    g_assert_true (g_file_set_contents (known, "x", 1, NULL) && g_file_set_contents (orphan, "x", 1, NULL));
    g_hash_table_add (keep, (gpointer) "known.csv");
    spool_clean (p->folder, keep);
    g_assert_true (g_file_test (known, G_FILE_TEST_EXISTS));
    g_assert_false (g_file_test (orphan, G_FILE_TEST_EXISTS));
}

#define ADD(path, func) g_test_add ("/spool/" path, Place, NULL, place_up, func, place_down)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/name/identity", an_identity_names_gateway_report_range_and_hash);
    g_test_add_func ("/name/file", a_file_is_named_by_its_due_time_in_utc);
    g_test_add_func ("/backoff", the_back_off_doubles_up_to_a_quarter_of_an_hour);
    ADD ("parts-hashed-and-named", parts_are_hashed_and_named);
    ADD ("not-kept-is-removed", what_is_not_kept_is_removed);
    ADD ("folder-cannot-be-made", a_folder_that_cannot_be_made_is_an_error);
    ADD ("cleaning", cleaning_leaves_what_is_known);
    return g_test_run ();
}
