/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * follow.c: the cursors of one instance. What is read and handed out is far ahead of what is done; only what is done is
 * written, at most once a second, so that a restart goes on behind it.
 */
#include <metergate.h>

#include "follow.h"

#include <host/mgh-model.h>

#include <stdlib.h>
#include <string.h>

#define FETCH_MAX 100 /* items read at once */

typedef struct {
    char *name;       /* the plugin's */
    char *store_name; /* "service:server:mirror/NAME" */
    gint64 read_seq, done_seq, written_seq;
    GQueue items; /* MgItem, read and not handed out yet */
    gboolean waits;
} Cursor;

struct _Follow {
    Store *store;
    Journal *journal;
    const char *subject;
    FollowLinks links;
    FollowWindow *window;
    GPtrArray *cursors;
    gboolean asked;
};

void follow_window_free (FollowWindow *window)
{
    if (window == NULL)
        return;
    model_catalogue_free (window->catalogue);
    g_free (window);
}

static void cursor_free (gpointer data)
{
    Cursor *cursor = data;

    g_queue_clear_full (&cursor->items, (GDestroyNotify) mg_item_free);
    g_free (cursor->name);
    g_free (cursor->store_name);
    g_free (cursor);
}

Follow *follow_new (Store *store, Journal *journal, const char *subject, const FollowLinks *links)
{
    Follow *follow = g_new0 (Follow, 1);

    follow->store = store;
    follow->journal = journal;
    follow->subject = subject;
    follow->links = *links;
    follow->cursors = g_ptr_array_new_with_free_func (cursor_free);
    return follow;
}

static Cursor *follow_find (Follow *follow, const char *name)
{
    for (guint i = 0; i < follow->cursors->len; i++)
        if (g_str_equal (((Cursor *) follow->cursors->pdata[i])->name, name))
            return follow->cursors->pdata[i];
    return NULL;
}

/* A new cursor is written down at once: what it has not seen must not be deleted. */
static Cursor *follow_cursor (Follow *follow, const char *name, GError **error)
{
    Cursor *cursor = follow_find (follow, name);
    g_autofree char *store_name = g_strdup_printf ("service:%s/%s", follow->subject, name);
    gboolean known;
    gint64 seq = 0;

    if (cursor != NULL)
        return cursor;
    if (!store_cursor_get (follow->store, store_name, &seq, &known, error) ||
        (!known && !store_cursor_set (follow->store, store_name, 0, error)))
        return NULL;
    cursor = g_new0 (Cursor, 1);
    cursor->name = g_strdup (name);
    cursor->store_name = g_steal_pointer (&store_name);
    cursor->read_seq = cursor->done_seq = cursor->written_seq = known ? seq : 0;
    g_queue_init (&cursor->items);
    g_ptr_array_add (follow->cursors, cursor);
    return cursor;
}

/* ---- rows to items */

typedef struct {
    Follow *follow;
    Cursor *cursor;
} Fetch;

/* The meter of "meter:17" or "meter:17/KEY"; NULL: another subject, or gone. */
static const MgMeter *window_meter_of (const FollowWindow *window, const char *subject)
{
    const MgMeter *const *meters;
    guint n = model_catalogue_meters (window->catalogue, &meters);
    gulong id = g_str_has_prefix (subject, "meter:") ? strtoul (subject + strlen ("meter:"), NULL, 10) : 0;

    for (guint i = 0; id != 0 && i < n; i++)
        if (mg_meter_get_id (meters[i]) == id)
            return meters[i];
    return NULL;
}

static MgItem *follow_event (Follow *follow, const StoreRow *row)
{
    const JournalEvent *event = row->event;
    g_autofree char *text = journal_text (follow->journal, event->code, event->params);
    MghEventInfo info = { .at_ms = event->at_ms,
                          .code = event->code,
                          .subject = event->subject,
                          .actor = event->actor,
                          .text = text,
                          .severity = event->severity,
                          .params = event->params };

    return mgh_item_new_event (row->seq, mgh_event_new (&info), window_meter_of (follow->window, event->subject));
}

static gboolean follow_row (const StoreRow *row, gpointer data)
{
    Fetch *fetch = data;
    MgItem *item = NULL;

    fetch->cursor->read_seq = row->seq;
    if (row->event != NULL) {
        item = follow_event (fetch->follow, row);
    } else {
        const MgMeter *meter = model_catalogue_of_device (fetch->follow->window->catalogue, row->device);
        if (meter != NULL)
            item = mgh_item_new_readout (meter, row->readout, row->indices, row->n);
    }
    if (item != NULL)
        g_queue_push_tail (&fetch->cursor->items, item);
    return fetch->cursor->items.length < FETCH_MAX;
}

static gboolean follow_fetch (Follow *follow, Cursor *cursor, GError **error)
{
    Fetch fetch = { follow, cursor };
    gint64 upto = follow->window->committed_seq;

    if (!store_range (follow->store, cursor->read_seq, upto, TRUE, follow_row, &fetch, error))
        return FALSE;
    if (cursor->items.length < FETCH_MAX)
        cursor->read_seq = MAX (cursor->read_seq, upto);
    return TRUE;
}

gboolean follow_next (Follow *follow, const char *name, MgItem **item, GError **error)
{
    Cursor *cursor = follow_cursor (follow, name, error);

    *item = NULL;
    if (cursor == NULL)
        return FALSE;
    if (cursor->items.length == 0 && follow->window != NULL && cursor->read_seq < follow->window->committed_seq &&
        !follow_fetch (follow, cursor, error))
        return FALSE;
    *item = g_queue_pop_head (&cursor->items);
    cursor->waits = *item == NULL;
    if (cursor->waits)
        follow_tick (follow);
    return TRUE;
}

void follow_done (Follow *follow, const char *name, gint64 seq)
{
    Cursor *cursor = follow_find (follow, name);

    if (cursor != NULL && seq > cursor->done_seq)
        cursor->done_seq = MIN (seq, cursor->read_seq);
}

void follow_take_window (Follow *follow, FollowWindow *window)
{
    follow->asked = FALSE;
    follow_window_free (follow->window);
    follow->window = window;
    for (guint i = 0; i < follow->cursors->len; i++) {
        Cursor *cursor = follow->cursors->pdata[i];
        if (!cursor->waits || cursor->read_seq >= window->committed_seq)
            continue;
        cursor->waits = FALSE;
        follow->links.more (follow->links.data, cursor->name);
    }
}

static void follow_write (Follow *follow, Cursor *cursor)
{
    g_autoptr (GError) error = NULL;

    if (cursor->done_seq == cursor->written_seq)
        return;
    if (store_cursor_set (follow->store, cursor->store_name, cursor->done_seq, &error))
        cursor->written_seq = cursor->done_seq;
    else
        g_warning ("%s: %s", cursor->store_name, error->message);
}

void follow_tick (Follow *follow)
{
    gint64 committed = store_committed_seq (follow->store);

    for (guint i = 0; i < follow->cursors->len; i++) {
        Cursor *cursor = follow->cursors->pdata[i];
        if (!cursor->waits || follow->asked || cursor->read_seq >= committed)
            continue;
        follow->asked = TRUE;
        follow->links.ask (follow->links.data);
    }
}

void follow_write_all (Follow *follow)
{
    for (guint i = 0; i < follow->cursors->len; i++)
        follow_write (follow, follow->cursors->pdata[i]);
}

void follow_free (Follow *follow)
{
    follow_write_all (follow);
    follow_window_free (follow->window);
    g_ptr_array_unref (follow->cursors);
    g_free (follow);
}
