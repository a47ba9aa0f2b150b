/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scan-search.h: which masks to ask, one after the other, until every meter on a bus is known by its secondary address
 * (EN 13757-7, selection with wildcards). Pure: no I/O, no clock. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

#define MBUS_SEARCH_WHOLE ((guint64) 1000000000000000000) /* the address space, for mbus_search_get_decided () */

/** What a mask gave. */
typedef enum {
    MBUS_SEARCH_NOBODY,    /* silence */
    MBUS_SEARCH_COLLISION, /* something that no single meter sends */
    MBUS_SEARCH_MUTE,      /* E5, and then no telegram that says who it is */
    MBUS_SEARCH_METER      /* one telegram of one meter */
} MbusSearchAnswer;

/** In which order the digits of the identification are tried. */
typedef enum {
    MBUS_SEARCH_LEARN,  /* from the last digit until four meters are known, then as those differ */
    MBUS_SEARCH_REVERSE /* from the last digit, always */
} MbusSearchOrder;

typedef struct _MbusSearch MbusSearch;

/**
 * Begins a search.
 *
 * @within: eight bytes as in a selection; what is no wildcard in them stays
 *
 * Returns: (transfer full)
 */
MbusSearch *mbus_search_new (const guint8 within[8], MbusSearchOrder order);
void mbus_search_free (MbusSearch *search);

/** Before the first question: a meter that was there once. Such are asked first. */
void mbus_search_expect (MbusSearch *search, const guint8 address[8]);

/**
 * The next mask to select.
 *
 * Returns: eight bytes, good until the answer; NULL: every address is decided, or the search was given up
 */
const guint8 *mbus_search_next (MbusSearch *search);

/**
 * Tells what the mask gave.
 *
 * @meter: with MBUS_SEARCH_METER, the meter's address; parts that it does not say are FF
 *
 * Returns: with MBUS_SEARCH_METER, whether it is the first time that this one answered; else FALSE
 */
gboolean mbus_search_answer (MbusSearch *search, MbusSearchAnswer answer, const guint8 *meter);

/** Answers get lost or come late: nothing is concluded any more, and a second look is worth its time. */
void mbus_search_doubt (MbusSearch *search);
gboolean mbus_search_is_doubted (const MbusSearch *search);

/**
 * After the last question: asks the masks again that nobody answered, or one meter: another one may have been deaf.
 *
 * Returns: how many
 */
guint mbus_search_confirm (MbusSearch *search);

/** How much of the space is decided, of MBUS_SEARCH_WHOLE; never falls. */
guint64 mbus_search_get_decided (const MbusSearch *search);
guint mbus_search_get_found (const MbusSearch *search);

/** Addresses that more than one meter has, or that collide for another reason to the last. */
guint mbus_search_get_unresolved (const MbusSearch *search);

/** Too many collisions in a row without one meter among them: noise. Then mbus_search_next () gives no more. */
gboolean mbus_search_is_noisy (const MbusSearch *search);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbusSearch, mbus_search_free)

G_END_DECLS
