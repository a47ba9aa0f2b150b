/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-frame.c: frames: where one begins, where it ends, when to give up; and the exchange of a request for one. */
#include "line.h"

#include <string.h>

#define FRAME_MAX      65536
#define STALE_QUIET_US (G_USEC_PER_SEC)
#define UNFINISHED     ((gssize) 0)

typedef struct {
    MgFraming how;
    gint64 start_us; /* what the first time counts from */
    gint64 first_until_us;
    gint64 first_at_us; /* of the frame's first byte; 0: none yet */
    gsize stop_len, searched;
    gsize dropped;
} FrameRead;

static void frame_read_init (MgLine *line, const MgFraming *framing, FrameRead *f)
{
    gint64 first_us;

    memset (f, 0, sizeof *f);
    memcpy (&f->how, framing, MIN (framing->struct_size, sizeof f->how));
    f->how.max = f->how.max == 0 ? FRAME_MAX : MIN (f->how.max, FRAME_MAX);
    f->stop_len = f->how.stop == NULL ? 0 : strlen (f->how.stop);
    if (f->how.idle_us == 0)
        f->how.idle_us = line->idle_us != 0 ? line->idle_us : line_auto_idle_us (line);
    if (f->how.full_us == 0)
        f->how.full_us = line->full_us != 0 ? line->full_us : MG_FOREVER;
    first_us = f->how.first_us != 0  ? f->how.first_us
               : line->first_us != 0 ? line->first_us
                                     : line_auto_first_us (line);
    f->start_us = line->sent_us >= 0 ? line->sent_us : line_now (line);
    f->first_until_us = line_later (f->start_us, first_us);
}

/* Length of the whole frame that the input starts with, by stop bytes or size function; UNFINISHED; < 0: drop a byte.
 */
static gssize frame_length (MgLine *line, FrameRead *f)
{
    const guint8 *bytes = line->in->data;
    gsize len = line->in->len;
    gssize size = UNFINISHED;

    if (f->how.size != NULL && (size = f->how.size (bytes, len)) < 0)
        return -1;
    if (size > 0 && (gsize) size > len && (gsize) size <= f->how.max)
        size = UNFINISHED;
    if (f->stop_len > 0 && len >= f->stop_len) {
        const guint8 *hit = memmem (bytes + f->searched, len - f->searched, f->how.stop, f->stop_len);

        f->searched = len - f->stop_len + 1;
        if (hit != NULL && (size == UNFINISHED || hit - bytes + (gssize) f->stop_len < size))
            size = hit - bytes + (gssize) f->stop_len;
    }
    return size;
}

static void frame_take (MgLine *line, GByteArray *frame, gsize len)
{
    g_byte_array_set_size (frame, (guint) len);
    line_consume (line, '<', len, frame->data);
}

/* The first byte of what may become the frame is there. */
static void frame_started (MgLine *line, FrameRead *f)
{
    f->first_at_us = g_array_index (line->chunks, LineChunk, 0).at_us;
    line->first_byte_us = f->first_at_us;
    if (line->sent_us >= 0)
        line_learn_answer (line, f->first_at_us - line->sent_us);
}

static gboolean frame_broken (MgLine *line, FrameRead *f, GByteArray *frame, const char *why, GError **error)
{
    gsize len = line->in->len;

    frame_take (line, frame, len);
    line->sent_us = -1;
    return line_fail (
        line, g_error_new (MG_ERROR, MG_ERROR_PROTOCOL, "frame of %" G_GSIZE_FORMAT " bytes so far: %s", len, why),
        error);
}

static gboolean frame_none (MgLine *line, FrameRead *f, GError **error)
{
    gint64 waited_us = line_now (line) - f->start_us;
    gint64 waited_ms = MAX (waited_us, 0) / 1000;

    if (line->listens && f->first_until_us == G_MAXINT64) {
        g_set_error (error, MG_ERROR, MG_ERROR_YIELD, "line %s: the slice of listening is over", line->name);
        return FALSE;
    }
    line->timed_out = line->sent_us >= 0;
    line->sent_us = -1;
    if (f->dropped > 0)
        return line_fail (line,
                          g_error_new (MG_ERROR, MG_ERROR_PROTOCOL,
                                       "%" G_GSIZE_FORMAT " bytes within %" G_GINT64_FORMAT
                                       " ms, none of them the start of a frame",
                                       f->dropped, waited_ms),
                          error);
    return line_fail (line,
                      g_error_new (MG_ERROR, MG_ERROR_TIMEOUT, "no answer within %" G_GINT64_FORMAT " ms%s", waited_ms,
                                   line_now (line) >= line->deadline_us ? " (the call's deadline)" : ""),
                      error);
}

/* Nothing more came in time. TRUE: that is what ends this frame. */
static gboolean frame_silence (MgLine *line, FrameRead *f, GByteArray *frame, gboolean idle_over, GError **error)
{
    if (idle_over && f->how.size == NULL && f->stop_len == 0) {
        frame_take (line, frame, line->in->len);
        line->sent_us = -1;
        return TRUE;
    }
    return frame_broken (line, f, frame,
                         idle_over                              ? "the rest did not come"
                         : line_now (line) >= line->deadline_us ? "not complete at the call's deadline"
                                                                : "not complete within the full time-out",
                         error);
}

/* TRUE: the input holds the whole frame, of *size bytes; or it needs more (0), or it is too long (-1). */
static gssize frame_find (MgLine *line, FrameRead *f)
{
    gsize skip = 0;
    gssize size = UNFINISHED;

    while (line->in->len > 0) {
        size = frame_length (line, f);
        if (size >= 0)
            break;
        line_consume (line, 'x', 1, NULL);
        f->searched = 0;
        skip++;
    }
    f->dropped += skip;
    if (line->in->len > 0 && (f->first_at_us == 0 || skip > 0))
        frame_started (line, f);
    if (line->in->len == 0)
        f->first_at_us = 0;
    if (size > (gssize) f->how.max || (size == UNFINISHED && line->in->len > f->how.max))
        return -1;
    return line->in->len == 0 ? UNFINISHED : size;
}

gboolean mg_line_read_frame (MgLine *line, const MgFraming *framing, GByteArray *frame, GError **error)
{
    FrameRead f;

    g_byte_array_set_size (frame, 0);
    if (!line_check (line, error))
        return FALSE;
    frame_read_init (line, framing, &f);
    if (f.first_until_us == G_MAXINT64 && line_gives_away (line, error))
        return FALSE;
    for (;;) {
        gssize size = frame_find (line, &f);
        gboolean started = line->in->len > 0, got;
        gint64 last_us = line_input_last_us (line), idle_until_us, until_us;

        if (size < 0)
            return frame_broken (line, &f, frame, "longer than the protocol allows", error);
        if (size > 0) {
            frame_take (line, frame, (gsize) size);
            line->sent_us = -1;
            line->timed_out = FALSE;
            return TRUE;
        }
        idle_until_us = started ? line_later (last_us, f.how.idle_us) : G_MAXINT64;
        until_us = started ? MIN (idle_until_us, line_later (f.first_at_us, f.how.full_us)) : f.first_until_us;
        if (!line_fill (line, until_us, !started && f.first_until_us == G_MAXINT64, &got, error)) {
            frame_take (line, frame, line->in->len);
            return FALSE;
        }
        if (!got && !started)
            return frame_none (line, &f, error);
        if (!got)
            return frame_silence (line, &f, frame, line_now (line) >= idle_until_us, error);
        if (started)
            line_learn_gap (line, line_input_last_us (line) - last_us);
    }
}

/* What is left of an earlier answer: thrown away, until the line has been silent for as long as ends a frame. */
static gboolean exchange_clear (MgLine *line, const MgFraming *framing, GError **error)
{
    gint64 until_us = MIN (line_later (line_now (line), STALE_QUIET_US), line->deadline_us);
    gint64 idle_us = framing->idle_us > 0 ? framing->idle_us : line_auto_idle_us (line);
    gboolean got = TRUE;

    if (line_drop (line) == 0) {
        g_array_set_size (line->echo_due, 0);
        line->echo_matched = 0;
        return TRUE;
    }
    if (line->timed_out)
        line_learn_late (line);
    while (got && line_now (line) < until_us) {
        if (!line_fill (line, MIN (line_later (line_now (line), idle_us), until_us), FALSE, &got, error))
            return FALSE;
        line_consume (line, 'x', line->in->len, NULL);
    }
    g_array_set_size (line->echo_due, 0);
    line->echo_matched = 0;
    return TRUE;
}

gboolean mg_line_exchange (MgLine *line, const guint8 *request, gsize len, const MgFraming *framing, GByteArray *frame,
                           GError **error)
{
    g_byte_array_set_size (frame, 0);
    return line_check (line, error) && exchange_clear (line, framing, error) && line_put (line, request, len, error) &&
           mg_line_read_frame (line, framing, frame, error);
}
