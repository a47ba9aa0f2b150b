/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* talk.h: one meter's conversation within one turn (EN 13757-2, link layer; EN 13757-7, selection). */
#pragma once

#include "address.h"
#include "protocol.h"

G_BEGIN_DECLS

/* What is the same for all meters of a channel. A time of 0 is the line's. */
typedef struct {
    MgHost *host;
    gboolean reset; /* SND_NKE before a readout by primary address */
    guint repeats;  /* of one request, once the meter has said anything */
    guint max_telegrams;
    gint64 first_us, idle_us, full_us;
} MbusChannel;

/* What outlives a turn. */
typedef struct {
    MbusAddress address;
    gboolean check_address; /* the A field of an answer must be the meter's */
    guint8 fcb;             /* MBUS_C_FCB or 0: of the next REQ_UD2 to the primary address */
} MbusDevice;

typedef struct {
    const MbusChannel *channel;
    MbusDevice *device;
    MgCall *call;
    MgLine *line;
    GByteArray *frame;  /* the latest answer */
    GByteArray *before; /* the telegram before it */
    guint8 a;           /* of the requests: the primary address, or FD */
    guint8 fcb;         /* of the next REQ_UD2 */
    gboolean alive;     /* the meter has answered in this turn */
    gboolean ready;     /* reset or selected in this turn: E5 to the first REQ_UD2 would be a late one */
} MbusTalk;

void mbus_talk_init (MbusTalk *talk, const MbusChannel *channel, MbusDevice *device, MgCall *call);
void mbus_talk_clear (MbusTalk *talk);

/**
 * Makes the meter ready: SND_NKE to a primary address (where that is set), or the selection by secondary address.
 * Afterwards the next request has FCB = 1.
 */
gboolean mbus_talk_begin (MbusTalk *talk, GError **error);

/**
 * Asks for the next telegram (REQ_UD2), with repeats that keep the frame count bit; the bit changes after a good answer
 * only.
 *
 * @answer: points into talk->frame; kind MBUS_ACK: the meter has nothing to send
 */
gboolean mbus_talk_next (MbusTalk *talk, MbusFrame *answer, GError **error);

G_END_DECLS
