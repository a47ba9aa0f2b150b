/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-lenient.c: which recorded answer belongs to a request, whatever the order of the turns. */
#include "replay.h"

#include <string.h>

/* The bytes asked from `item` on, up to the next answer. TRUE: they are the request; then *after is where its answer
 * begins. */
static gboolean lenient_asks (Replay *replay, RecordedTurn *turn, guint item, guint *after)
{
    gsize asked = 0, len = replay->request->len;
    guint i = item;

    for (; i < turn->items->len; i++) {
        const RecordedItem *it = &g_array_index (turn->items, RecordedItem, i);

        if ((it->kind == '<' || it->kind == 'R') && asked > 0)
            break;
        if (it->kind != '>' && it->kind != 'S')
            continue;
        if (it->len > len - asked || !replay_matches (replay, it, 0, replay->request->data + asked, it->len))
            return FALSE;
        asked += it->len;
    }
    *after = i;
    return len > 0 && asked == len;
}

/* The next item that asks, from `item` on, but behind an answer or at the start. */
static guint lenient_next_request (RecordedTurn *turn, guint item)
{
    gboolean fresh = TRUE;

    for (; item < turn->items->len; item++) {
        char kind = g_array_index (turn->items, RecordedItem, item).kind;

        if ((kind == '>' || kind == 'S') && fresh)
            return item;
        fresh = kind == '<' || kind == 'R' || (fresh && kind != '>' && kind != 'S');
    }
    return item;
}

static void lenient_answer (Replay *replay, RecordedTurn *turn, guint asked, guint after)
{
    ReplayPlace *known = g_new0 (ReplayPlace, 1);
    gint64 now_us = mgh_clock_mono_us (replay->clock);

    replay->at = (ReplayPlace){ turn, after, 0 };
    replay->answers = TRUE;
    replay_anchor (replay, g_array_index (turn->items, RecordedItem, asked).at_us, now_us);
    *known = replay->at;
    g_hash_table_replace (replay->known, g_bytes_new (replay->request->data, replay->request->len), known);
}

static gboolean lenient_find_in_turn (Replay *replay)
{
    RecordedTurn *turn = replay->turn;
    guint after;

    if (turn == NULL)
        return FALSE;
    for (guint i = lenient_next_request (turn, replay->asked_item); i < turn->items->len;
         i = lenient_next_request (turn, after)) {
        after = i + 1;
        if (!lenient_asks (replay, turn, i, &after))
            continue;
        replay->asked_item = after;
        lenient_answer (replay, turn, i, after);
        return TRUE;
    }
    return FALSE;
}

static gboolean lenient_find_unused (Replay *replay)
{
    for (guint i = 0; i < replay->recording->turns->len; i++) {
        RecordedTurn *turn = g_ptr_array_index (replay->recording->turns, i);
        guint item = turn->used ? turn->items->len : lenient_next_request (turn, 0), after;

        if (item >= turn->items->len || !lenient_asks (replay, turn, item, &after))
            continue;
        turn->used = TRUE;
        replay->used++;
        replay->turn = turn;
        replay->asked_item = after;
        lenient_answer (replay, turn, item, after);
        return TRUE;
    }
    return FALSE;
}

static void lenient_find_known (Replay *replay)
{
    g_autoptr (GBytes) request = g_bytes_new (replay->request->data, replay->request->len);
    ReplayPlace *known = g_hash_table_lookup (replay->known, request);

    if (known == NULL)
        return;
    replay->at = *known;
    replay->answers = TRUE;
    for (guint i = known->item; i-- > 0;) {
        const RecordedItem *it = &g_array_index (known->turn->items, RecordedItem, i);

        if (it->kind != '>' && it->kind != 'S')
            continue;
        replay_anchor (replay, it->at_us, mgh_clock_mono_us (replay->clock));
        break;
    }
}

void replay_lenient_begin (Replay *replay, const char *channel, const char *action, const char *address)
{
    gboolean left = FALSE;

    replay->turn = NULL;
    replay->asked_item = 0;
    replay->answers = FALSE;
    g_byte_array_set_size (replay->request, 0);
    for (guint i = 0; i < replay->recording->turns->len && replay->turn == NULL; i++) {
        RecordedTurn *turn = g_ptr_array_index (replay->recording->turns, i);

        left |= !turn->used;
        if (!turn->used && g_str_equal (turn->channel, channel) && g_str_equal (turn->action, action) &&
            g_str_equal (turn->address, address))
            replay->turn = turn;
    }
    replay->at = (ReplayPlace){ replay->turn, 0, 0 };
    /* What was asked before is answered for ever; but nothing more will be heard. */
    replay->over = replay->turn == NULL && (!left || replay->listens) &&
                   (replay->listens || g_hash_table_size (replay->known) == 0);
    if (replay->turn == NULL)
        return;
    replay->turn->used = TRUE;
    replay->used++;
}

void replay_lenient_write (Replay *replay, const guint8 *bytes, gsize len)
{
    if (replay->answers) { /* the one before has had its time */
        replay->answers = FALSE;
        g_byte_array_set_size (replay->request, 0);
    }
    replay->at.turn = NULL;
    g_byte_array_append (replay->request, bytes, (guint) len);
    if (!lenient_find_in_turn (replay) && (replay->turn != NULL || !lenient_find_unused (replay)))
        lenient_find_known (replay);
    if (!replay->answers && replay->turn != NULL)
        lenient_find_unused (replay);
}

void replay_lenient_read (Replay *replay)
{
    if (replay->request->len == 0)
        return;
    if (!replay->answers)
        replay->unmatched++;
    g_byte_array_set_size (replay->request, 0);
}
