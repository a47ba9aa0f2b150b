/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* talk.c: requests and answers on the line: repeats, frame count bit, selection, and what counts as a good answer. */
#include <metergate.h>

#include "talk.h"

#include <string.h>

/* A network tells no byte time; then the bus behind it gets this pause before a repeat. */
#define TALK_QUIET_US 20000
/* What a meter behind a network may still have on its way. */
#define TALK_DRAIN_US 400000
/* so much of what came is shown when it was no frame */
#define TALK_SHOW_BYTES 12u

typedef enum { TALK_WANTS_ACK, TALK_WANTS_DATA } TalkWants;

void mbus_talk_init (MbusTalk *talk, const MbusChannel *channel, MbusDevice *device, MgCall *call)
{
    memset (talk, 0, sizeof *talk);
    talk->channel = channel;
    talk->device = device;
    talk->call = call;
    talk->line = mg_call_get_line (call);
    talk->frame = g_byte_array_new ();
    talk->before = g_byte_array_new ();
    talk->a = device->address.is_secondary ? MBUS_ADDRESS_SELECTED : device->address.primary;
}

void mbus_talk_clear (MbusTalk *talk)
{
    g_clear_pointer (&talk->frame, g_byte_array_unref);
    g_clear_pointer (&talk->before, g_byte_array_unref);
}

static gboolean talk_refuse (GError **error, const char *fmt, ...) G_GNUC_PRINTF (2, 3);

static gboolean talk_refuse (GError **error, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    g_autofree char *text = g_strdup_vprintf (fmt, args);
    va_end (args);
    g_set_error_literal (error, MG_ERROR, MG_ERROR_PROTOCOL, text);
    return FALSE;
}

/* A selection can hit another meter than the one that is meant, when a selection before was not undone. */
static gboolean talk_check_identity (const MbusTalk *talk, const MbusFrame *answer, GError **error)
{
    char meant[MBUS_ADDRESS_TEXT_MAX];
    MbusTelegram telegram;

    if (!talk->device->address.is_secondary || mbus_telegram_parse (answer, &telegram) != MBUS_OK ||
        !telegram.has_identity)
        return TRUE;
    if (mbus_address_covers (&talk->device->address, telegram.id, telegram.has_maker, telegram.manufacturer,
                             telegram.version, telegram.medium))
        return TRUE;
    mbus_address_print (&talk->device->address, meant);
    return talk_refuse (error, "meter %08X answers, expected %s", telegram.id, meant);
}

/* Two answers to one request, the first of them late, or a meter that ignores the frame count bit: no new telegram
 * either way. */
static gboolean talk_is_old (const MbusTalk *talk)
{
    return talk->frame->len == talk->before->len &&
           memcmp (talk->frame->data, talk->before->data, talk->frame->len) == 0;
}

static gboolean talk_check (MbusTalk *talk, const guint8 *request, gsize len, TalkWants wants, MbusFrame *answer,
                            GError **error)
{
    const GByteArray *frame = talk->frame;
    MbusFault fault = mbus_frame_parse (frame->data, frame->len, answer);
    char message[256];

    if (fault != MBUS_OK) {
        mbus_frame_describe (answer, fault, message, sizeof message);
        return talk_refuse (error, "%s", message);
    }
    if (frame->len == len && memcmp (frame->data, request, len) == 0)
        return talk_refuse (error, "the request itself came back: does the line echo? (echo = yes)");
    if (answer->kind == MBUS_ACK && wants == TALK_WANTS_DATA && talk->ready && talk->before->len == 0)
        return talk_refuse (error, "E5, expected a telegram: the meter has no data, or acknowledges late");
    if (answer->kind == MBUS_ACK)
        return TRUE;
    if (answer->kind == MBUS_SHORT)
        return talk_refuse (error, "short frame with control field %02X, expected an answer", answer->c);
    if (wants == TALK_WANTS_ACK)
        return talk_refuse (error, "telegram, expected E5");
    if ((answer->c & 0xCFu) != 0x08u)
        return talk_refuse (error, "control field %02X, expected 08 (RSP_UD)", answer->c);
    if (!talk->device->address.is_secondary && talk->device->check_address && answer->a != talk->a)
        return talk_refuse (error, "answer of address %u, expected %u", answer->a, talk->a);
    if (talk_is_old (talk))
        return talk_refuse (error,
                            "the same telegram as before: a late answer, or the meter ignores the frame count bit");
    return talk_check_identity (talk, answer, error);
}

/* What came before the line gave up on it, for the transcript. */
static void talk_show (MbusTalk *talk, const char *what, guint attempt, const GError *error)
{
    GString *hex = g_string_new (NULL);

    for (guint i = 0; i < talk->frame->len && i < TALK_SHOW_BYTES; i++)
        g_string_append_printf (hex, " %02X", talk->frame->data[i]);
    mg_call_step (talk->call, MG_STEP_FAILED, what, "try %u: %s%s%s", attempt, error->message, hex->len > 0 ? ":" : "",
                  hex->str);
    g_string_free (hex, TRUE);
}

static gboolean talk_try (MbusTalk *talk, const guint8 *request, gsize len, TalkWants wants, MbusFrame *answer,
                          GError **error)
{
    const MgFraming framing =
        MG_INIT (MgFraming, .first_us = talk->channel->first_us, .idle_us = talk->channel->idle_us,
                 .full_us = talk->channel->full_us, .max = MBUS_FRAME_MAX, .size = mbus_frame_size);

    mg_host_count (talk->channel->host, "requests", 1);
    if (!mg_line_exchange (talk->line, request, len, &framing, talk->frame, error))
        return FALSE;
    talk->alive = TRUE;
    return talk_check (talk, request, len, wants, answer, error);
}

/* Before a repeat: until the noise is over; behind a good frame that belonged to another request, until all others on
 * their way have arrived, which EN 13757-2 gives 330 bit times and 50 ms each. */
static gint64 talk_quiet_us (const MbusTalk *talk)
{
    gint64 byte_us = mg_line_get_byte_us (talk->line);
    MbusFrame frame;

    if (mbus_frame_parse (talk->frame->data, talk->frame->len, &frame) != MBUS_OK)
        return MAX (3 * byte_us, TALK_QUIET_US);
    return byte_us == 0 ? TALK_DRAIN_US : 2 * (30 * byte_us + 50000);
}

/* One request, repeated unchanged. Who has not said anything yet is asked once: the host asks again, after the others.
 */
static gboolean talk_exchange (MbusTalk *talk, const char *what, const guint8 *request, gsize len, TalkWants wants,
                               MbusFrame *answer, GError **error)
{
    for (guint attempt = 1;; attempt++) {
        g_autoptr (GError) why = NULL;
        gboolean timeout, garbled;

        g_byte_array_set_size (talk->frame, 0);
        if (talk_try (talk, request, len, wants, answer, &why))
            return TRUE;
        timeout = g_error_matches (why, MG_ERROR, MG_ERROR_TIMEOUT);
        garbled = g_error_matches (why, MG_ERROR, MG_ERROR_PROTOCOL);
        if (timeout || garbled) {
            mg_host_count (talk->channel->host, timeout ? "timeouts" : "bad-answers", 1);
            talk_show (talk, what, attempt, why);
        }
        talk->alive = talk->alive || garbled;
        if (!(timeout || garbled) || !talk->alive || attempt > talk->channel->repeats) {
            g_propagate_prefixed_error (error, g_steal_pointer (&why), "%s: ", what);
            return FALSE;
        }
        if (garbled && !mg_line_wait_quiet (talk->line, talk_quiet_us (talk), error))
            return FALSE;
    }
}

static gboolean talk_select (MbusTalk *talk, GError **error)
{
    guint8 request[MBUS_FRAME_MAX];
    gsize len =
        mbus_frame_write_long (request, MBUS_C_SND_UD, MBUS_ADDRESS_SELECTED, 0x52, talk->device->address.mask, 8);
    MbusFrame answer;

    return talk_exchange (talk, "select", request, len, TALK_WANTS_ACK, &answer, error);
}

static gboolean talk_reset (MbusTalk *talk, GError **error)
{
    guint8 request[5];
    gsize len = mbus_frame_write_short (request, MBUS_C_SND_NKE, talk->a);
    MbusFrame answer;

    return talk_exchange (talk, "SND_NKE", request, len, TALK_WANTS_ACK, &answer, error);
}

gboolean mbus_talk_begin (MbusTalk *talk, GError **error)
{
    talk->ready = talk->device->address.is_secondary || talk->channel->reset;
    talk->fcb = talk->ready ? MBUS_C_FCB : talk->device->fcb;
    if (talk->device->address.is_secondary)
        return talk_select (talk, error);
    return !talk->channel->reset || talk_reset (talk, error);
}

/* E5 among noise ends nothing: behind the true one the line is silent. */
static gboolean talk_check_silence (MbusTalk *talk, GError **error)
{
    g_autoptr (GError) why = NULL;
    guint8 byte;

    if (mg_line_read_some (talk->line, &byte, 1, MAX (3 * mg_line_get_byte_us (talk->line), TALK_QUIET_US), &why) < 0) {
        if (g_error_matches (why, MG_ERROR, MG_ERROR_TIMEOUT))
            return TRUE;
        g_propagate_error (error, g_steal_pointer (&why));
        return FALSE;
    }
    return talk_refuse (error, "more bytes behind E5 (%02X): collision or noise", byte);
}

gboolean mbus_talk_next (MbusTalk *talk, MbusFrame *answer, GError **error)
{
    guint8 request[5];
    gsize len = mbus_frame_write_short (request, MBUS_C_REQ_UD2 | talk->fcb, talk->a);

    if (!talk_exchange (talk, "REQ_UD2", request, len, TALK_WANTS_DATA, answer, error))
        return FALSE;
    if (answer->kind == MBUS_ACK && !talk_check_silence (talk, error))
        return FALSE;
    g_byte_array_set_size (talk->before, 0);
    if (answer->kind == MBUS_LONG)
        g_byte_array_append (talk->before, talk->frame->data, talk->frame->len);
    talk->fcb ^= MBUS_C_FCB;
    talk->device->fcb = talk->fcb;
    return TRUE;
}
