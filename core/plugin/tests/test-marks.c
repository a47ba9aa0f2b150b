/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-marks.c: the file of crash marks survives what a file can go through. */
#include "marks.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *folder, *file;
} Fixture;

static void set_up (Fixture *f, gconstpointer data)
{
    f->folder = g_dir_make_tmp ("marks-XXXXXX", NULL);
    f->file = g_build_filename (f->folder, "marks", NULL);
}

static void tear_down (Fixture *f, gconstpointer data)
{
    g_remove (f->file);
    g_assert_cmpint (g_rmdir (f->folder), ==, 0);
    g_free (f->folder);
    g_free (f->file);
}

static void every_plugin_has_its_own_slot_for_ever (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    Marks *marks = marks_open (f->file, &error);
    MarkSlot *slots[3];
    MarkCrash crash;

    g_assert_no_error (error);
    slots[0] = marks_slot (marks, "driver-a");
    slots[1] = marks_slot (marks, "driver-b");
    g_assert_true (slots[0] != slots[1]);
    g_assert_true (marks_slot (marks, "driver-a") == slots[0]);
    marks_slot_get (slots[1], &crash);
    g_assert_cmpstr (crash.plugin, ==, "driver-b");
    g_assert_cmpuint (crash.crashes, ==, 0);
    g_assert_false (crash.blocked);
    g_assert_false (marks_slot_clear (slots[1]));
    marks_close (marks, FALSE);
}

static void more_plugins_than_slots_are_no_harm (Fixture *f, gconstpointer data)
{
    Marks *marks = marks_open (f->file, NULL);
    MarkSlot *last = NULL;
    MarkCall call;

    for (guint i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf ("driver-%u", i);
        last = marks_slot (marks, name);
    }
    g_assert_null (last);
    marks_enter (&call, last, "read");
    marks_leave (&call);
    marks_close (marks, FALSE);
}

static void garbage_is_forgotten (Fixture *f, gconstpointer data)
{
    static const gsize lengths[] = { 0, 1, 7, 8, 4096, 100000 };

    for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
        g_autofree char *bytes = g_strnfill (lengths[i], '\xC3');
        g_autoptr (GArray) news = NULL;
        Marks *marks;

        g_assert_true (g_file_set_contents (f->file, bytes, (gssize) lengths[i], NULL));
        marks = marks_open (f->file, NULL);
        news = marks_take_news (marks);
        g_assert_cmpuint (news->len, ==, 0);
        g_assert_nonnull (marks_slot (marks, "driver-a"));
        marks_close (marks, FALSE);
    }
}

/* Right at the start, wrong in the slots: as a disk that lost a sector. */
static void damaged_slots_are_forgotten (Fixture *f, gconstpointer data)
{
    Marks *marks = marks_open (f->file, NULL);
    g_autoptr (GArray) news = NULL;
    g_autofree char *bytes = NULL;
    gsize len;

    marks_slot (marks, "driver-a");
    marks_close (marks, FALSE);
    g_assert_true (g_file_get_contents (f->file, &bytes, &len, NULL));
    memset (bytes + 8, 0xFF, len - 8);
    g_assert_true (g_file_set_contents (f->file, bytes, (gssize) len, NULL));
    marks = marks_open (f->file, NULL);
    news = marks_take_news (marks);
    g_assert_cmpuint (news->len, ==, 0);
    g_assert_nonnull (marks_slot (marks, "driver-a"));
    marks_close (marks, FALSE);
}

static void unusable_file_is_said_and_marks_go_on (Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename (f->folder, "nowhere", "marks", NULL);
    g_autoptr (GError) error = NULL;
    Marks *marks = marks_open (path, &error);

    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, path));
    g_assert_nonnull (marks_slot (marks, "driver-a"));
    marks_close (marks, FALSE);
}

static gpointer in_a_thread (gpointer slot)
{
    MarkCall outer, inner;

    marks_enter (&outer, slot, "read");
    marks_enter (&inner, slot, "decode");
    marks_leave (&inner);
    marks_leave (&outer);
    return NULL;
}

static void threads_come_and_go (Fixture *f, gconstpointer data)
{
    Marks *marks = marks_open (f->file, NULL);
    MarkSlot *slot = marks_slot (marks, "driver-a");

    for (guint i = 0; i < 200; i++)
        g_thread_join (g_thread_new (NULL, in_a_thread, slot));
    marks_close (marks, FALSE);
}

int main (int argc, char **argv)
{
#define TEST(name) g_test_add ("/plugin/marks/" #name, Fixture, NULL, set_up, name, tear_down)
    g_test_init (&argc, &argv, NULL);
    TEST (every_plugin_has_its_own_slot_for_ever);
    TEST (more_plugins_than_slots_are_no_harm);
    TEST (garbage_is_forgotten);
    TEST (damaged_slots_are_forgotten);
    TEST (unusable_file_is_said_and_marks_go_on);
    TEST (threads_come_and_go);
    return g_test_run ();
}
