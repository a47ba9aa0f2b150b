/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scan-search.c: the search for secondary addresses as a tree of masks that are split where meters collide. */
#include <metergate.h>

#include "scan-search.h"

#include <string.h>

#define SEARCH_DIGITS      8u
#define SEARCH_PARTS       12u /* eight digits; the bytes of manufacturer, version and medium */
#define SEARCH_LEARN_FROM  4u  /* meters that tell which digits vary */
#define SEARCH_BARREN_MAX  300u
#define SEARCH_DIGIT_LAST  15u  /* of a split with letters: 0 to E */
#define SEARCH_BYTE_VALUES 255u /* FF is the wildcard */

typedef enum { NODE_ASK, NODE_SPLIT } NodeState;

/* What is done about a collision under which fewer than two meters were found. */
typedef enum { DOUBT_NONE, DOUBT_ITSELF, DOUBT_CHILDREN, DOUBT_LETTERS } NodeDoubt;

/* One mask on the way from the root to the present one. */
typedef struct _SearchNode SearchNode;
struct _SearchNode {
    SearchNode *parent;
    guint8 mask[8];
    guint64 weight;
    NodeState state;
    NodeDoubt doubt;
    gboolean again;        /* asked although it was answered before */
    gboolean collided;     /* it was asked, and more than one answered */
    gboolean mute;         /* acknowledged without a telegram: only the identification is split */
    guint part;            /* that is split: 0 the last digit ... 7 the first, 8.. bytes from the fourth on */
    guint child, children; /* the next one, and how many */
    guint meters;          /* under it; a collision counts as two */
};

typedef struct {
    guint8 mask[8];
    gboolean is_single;
    guint8 meter[8];
} SearchRegion;

typedef struct {
    guint8 address[8];
} SearchMeter;

typedef enum { PASS_EXPECTED, PASS_LEARN, PASS_ALL, PASS_CONFIRM, PASS_OVER } SearchPass;

struct _MbusSearch {
    guint8 within[8];
    MbusSearchOrder order;
    SearchPass pass;
    SearchNode *node;            /* the present one; NULL: the pass is over */
    guint digits[SEARCH_DIGITS]; /* the order in which they are split */
    GArray *regions;             /* SearchRegion, decided */
    GArray *found, *expected;    /* SearchMeter */
    GArray *confirm;             /* SearchMeter: masks for the second look, the next one last */
    guint64 decided, decided_max;
    guint unresolved, barren;
    gboolean doubted, letters, noisy;
};

/* -------------------------------------------------------------------------------------------------------------- masks
 */

static guint mask_get (const guint8 mask[8], guint part)
{
    return part < SEARCH_DIGITS ? mask[part / 2] >> (4 * (part % 2)) & 0x0Fu : mask[part - 4];
}

static guint mask_wildcard (guint part)
{
    return part < SEARCH_DIGITS ? 0x0F : 0xFF;
}

static void mask_set (guint8 mask[8], guint part, guint value)
{
    guint shift = 4 * (part % 2);

    if (part < SEARCH_DIGITS)
        mask[part / 2] = (guint8) ((mask[part / 2] & ~(0x0Fu << shift)) | value << shift);
    else
        mask[part - 4] = (guint8) value;
}

/* Whether all that `inner` stands for is under `outer`. What a meter does not say of itself is anything. */
static gboolean mask_covers (const guint8 outer[8], const guint8 inner[8])
{
    for (guint part = 0; part < SEARCH_PARTS; part++)
        if (mask_get (outer, part) != mask_wildcard (part) && mask_get (outer, part) != mask_get (inner, part))
            return FALSE;
    return TRUE;
}

/* how many of those are under the mask; no more than two are counted */
static guint mask_count (const guint8 mask[8], const GArray *meters)
{
    guint n = 0;

    for (guint i = 0; i < meters->len && n < 2; i++)
        n += mask_covers (mask, g_array_index (meters, SearchMeter, i).address);
    return n;
}

static gboolean meters_have (const GArray *meters, const guint8 address[8])
{
    for (guint i = 0; i < meters->len; i++)
        if (memcmp (g_array_index (meters, SearchMeter, i).address, address, 8) == 0)
            return TRUE;
    return FALSE;
}

static void meters_add (GArray *meters, const guint8 address[8])
{
    SearchMeter meter;

    memcpy (meter.address, address, 8);
    g_array_append_val (meters, meter);
}

/* ------------------------------------------------------------------------------------------------- order of the digits
 */

static gboolean digit_varies (const GArray *meters, guint digit)
{
    for (guint i = 1; i < meters->len; i++)
        if (mask_get (g_array_index (meters, SearchMeter, i).address, digit) !=
            mask_get (g_array_index (meters, SearchMeter, 0).address, digit))
            return TRUE;
    return FALSE;
}

/* Digits that were seen to vary come first, the most significant of them in front; the others from the last digit on.
 * `keep`: last digits that vary stay in front, since the work done so far went by them. */
static void search_learn_digits (MbusSearch *search, const GArray *meters, gboolean keep)
{
    guint kept = 0, n;

    while (keep && kept < SEARCH_DIGITS && digit_varies (meters, kept))
        kept++;
    for (n = 0; n < kept; n++)
        search->digits[n] = n;
    for (guint digit = SEARCH_DIGITS; digit-- > kept;)
        if (digit_varies (meters, digit))
            search->digits[n++] = digit;
    for (guint digit = kept; digit < SEARCH_DIGITS; digit++)
        if (!digit_varies (meters, digit))
            search->digits[n++] = digit;
}

/* Random numbers vary in every digit but the last, by which the first ones were found; then one order is as good as
 * another. */
static gboolean search_is_regular (const GArray *meters)
{
    for (guint digit = 1; digit < SEARCH_DIGITS; digit++)
        if (!digit_varies (meters, digit))
            return TRUE;
    return FALSE;
}

/* -------------------------------------------------------------------------------------------------------------- nodes
 */

static SearchNode *search_enter (MbusSearch *search, const guint8 mask[8], guint64 weight)
{
    SearchNode *node = g_new0 (SearchNode, 1);

    memcpy (node->mask, mask, 8);
    node->weight = weight;
    node->parent = search->node;
    search->node = node;
    return node;
}

static void search_drop_nodes (MbusSearch *search)
{
    while (search->node != NULL) {
        SearchNode *node = search->node;
        search->node = node->parent;
        g_free (node);
    }
}

/* The part to split; SEARCH_PARTS: the mask says all. Medium and version are tried before the manufacturer. */
static guint search_choose_part (const MbusSearch *search, const SearchNode *node)
{
    static const guint bytes[] = { 11, 10, 8, 9 };

    for (guint i = 0; i < SEARCH_DIGITS; i++)
        if (mask_get (node->mask, search->digits[i]) == 0x0F)
            return search->digits[i];
    for (guint i = 0; i < G_N_ELEMENTS (bytes) && !node->mute; i++)
        if (mask_get (node->mask, bytes[i]) == 0xFF)
            return bytes[i];
    return SEARCH_PARTS;
}

static gboolean search_split (MbusSearch *search, SearchNode *node)
{
    node->part = search_choose_part (search, node);
    if (node->part == SEARCH_PARTS)
        return FALSE;
    node->children = node->part >= SEARCH_DIGITS ? SEARCH_BYTE_VALUES : search->letters ? SEARCH_DIGIT_LAST : 10;
    node->child = 0;
    node->state = NODE_SPLIT;
    return TRUE;
}

/* The present node is decided, with so many meters under it. */
static void search_leave (MbusSearch *search, guint meters)
{
    SearchNode *node = search->node;

    if (!node->again)
        search->decided += node->weight;
    if (search->pass == PASS_LEARN || search->pass == PASS_ALL)
        search->decided_max = MAX (search->decided_max, MIN (search->decided, MBUS_SEARCH_WHOLE));
    search->node = node->parent;
    if (search->node != NULL)
        search->node->meters += meters;
    g_free (node);
}

/* All children are done. A collision under which fewer than two meters turned up is looked into: was it one, then who
 * has not answered, then letters among the digits. */
static void search_close (MbusSearch *search)
{
    SearchNode *node = search->node;

    if (!node->collided || node->meters >= 2 || search->pass == PASS_EXPECTED) {
        search_leave (search, node->meters);
        return;
    }
    search->doubted = TRUE;
    node->doubt++;
    if (node->doubt == DOUBT_ITSELF) {
        node->state = NODE_ASK;
        node->again = TRUE;
    } else if (node->doubt == DOUBT_CHILDREN) {
        node->child = 0;
    } else if (node->doubt == DOUBT_LETTERS && node->part < SEARCH_DIGITS && node->children == 10) {
        node->children = SEARCH_DIGIT_LAST;
    } else {
        search->unresolved++;
        search_leave (search, 2);
    }
}

static void search_next_child (MbusSearch *search)
{
    SearchNode *node = search->node, *child;
    guint64 share = node->weight / node->children;
    gboolean last = node->child + 1 == node->children;

    child = search_enter (search, node->mask, last ? node->weight - share * (node->children - 1) : share);
    mask_set (child->mask, node->part, node->child++);
    child->again = node->doubt >= DOUBT_CHILDREN || node->again;
    child->mute = node->mute;
    /* nine times nobody under a true collision: the tenth has them all */
    if (last && node->collided && node->doubt == DOUBT_NONE && node->meters == 0 && !search->doubted &&
        search->pass != PASS_EXPECTED)
        search_split (search, child);
}

/* ------------------------------------------------------------------------------------------------------------ regions
 */

static const SearchRegion *search_region_of (const MbusSearch *search, const guint8 mask[8])
{
    for (guint i = 0; i < search->regions->len; i++) {
        const SearchRegion *region = &g_array_index (search->regions, SearchRegion, i);
        if (mask_covers (region->mask, mask))
            return region;
    }
    return NULL;
}

/* what was decided about exactly this mask does not hold any more */
static void search_forget (MbusSearch *search, const guint8 mask[8])
{
    for (guint i = search->regions->len; i-- > 0;)
        if (memcmp (g_array_index (search->regions, SearchRegion, i).mask, mask, 8) == 0)
            g_array_remove_index_fast (search->regions, i);
}

static void search_decide (MbusSearch *search, const guint8 *meter)
{
    SearchRegion region = { .is_single = meter != NULL };

    memcpy (region.mask, search->node->mask, 8);
    if (meter != NULL)
        memcpy (region.meter, meter, 8);
    search_forget (search, region.mask);
    g_array_append_val (search->regions, region);
}

/* What can be said without asking. TRUE: the present node is not the same any more, or is split. */
static gboolean search_settle (MbusSearch *search)
{
    SearchNode *node = search->node;
    const SearchRegion *region = search_region_of (search, node->mask);
    guint hints;

    if (node->again) {
        if (region == NULL || !region->is_single)
            return FALSE;
        search_leave (search, 0); /* counted already */
        return TRUE;
    }
    if (region != NULL) {
        search_leave (search, region->is_single && mask_covers (node->mask, region->meter));
        return TRUE;
    }
    hints = mask_count (node->mask, search->expected);
    if (search->pass == PASS_EXPECTED && hints == 0) {
        search_leave (search, 0);
        return TRUE;
    }
    return (hints >= 2 || mask_count (node->mask, search->found) >= 2) && search_split (search, node);
}

/* ------------------------------------------------------------------------------------------------------------- passes
 */

static void search_begin_pass (MbusSearch *search, SearchPass pass)
{
    search_drop_nodes (search);
    search->pass = pass;
    search->decided = 0;
    search_enter (search, search->within, MBUS_SEARCH_WHOLE);
}

static void search_end_pass (MbusSearch *search)
{
    if (search->pass == PASS_EXPECTED) {
        search_begin_pass (search, PASS_ALL);
    } else if (search->pass == PASS_CONFIRM && search->confirm->len > 0) {
        SearchMeter mask = g_array_index (search->confirm, SearchMeter, search->confirm->len - 1);
        g_array_set_size (search->confirm, search->confirm->len - 1);
        search_forget (search, mask.address);
        search_enter (search, mask.address, 0)->again = TRUE;
    } else {
        search->decided_max = MBUS_SEARCH_WHOLE;
        search->pass = PASS_OVER;
    }
}

MbusSearch *mbus_search_new (const guint8 within[8], MbusSearchOrder order)
{
    MbusSearch *search = g_new0 (MbusSearch, 1);

    memcpy (search->within, within, 8);
    search->order = order;
    search->regions = g_array_new (FALSE, FALSE, sizeof (SearchRegion));
    search->found = g_array_new (FALSE, FALSE, sizeof (SearchMeter));
    search->expected = g_array_new (FALSE, FALSE, sizeof (SearchMeter));
    search->confirm = g_array_new (FALSE, FALSE, sizeof (SearchMeter));
    for (guint i = 0; i < SEARCH_DIGITS; i++)
        search->digits[i] = i;
    search_begin_pass (search, order == MBUS_SEARCH_LEARN ? PASS_LEARN : PASS_ALL);
    return search;
}

void mbus_search_free (MbusSearch *search)
{
    search_drop_nodes (search);
    g_array_unref (search->regions);
    g_array_unref (search->found);
    g_array_unref (search->expected);
    g_array_unref (search->confirm);
    g_free (search);
}

void mbus_search_expect (MbusSearch *search, const guint8 address[8])
{
    if (!mask_covers (search->within, address) || meters_have (search->expected, address))
        return;
    meters_add (search->expected, address);
    if (search->order == MBUS_SEARCH_LEARN && search->expected->len >= SEARCH_LEARN_FROM)
        search_learn_digits (search, search->expected, FALSE);
    search_begin_pass (search, PASS_EXPECTED);
}

const guint8 *mbus_search_next (MbusSearch *search)
{
    while (search->pass != PASS_OVER && !search->noisy) {
        SearchNode *node = search->node;
        if (node == NULL)
            search_end_pass (search);
        else if (node->state == NODE_SPLIT && node->child == node->children)
            search_close (search);
        else if (node->state == NODE_SPLIT)
            search_next_child (search);
        else if (!search_settle (search))
            return node->mask;
    }
    return NULL;
}

static gboolean search_take_meter (MbusSearch *search, const guint8 *meter)
{
    gboolean first = !meters_have (search->found, meter);

    search->barren = 0;
    for (guint digit = 0; digit < SEARCH_DIGITS; digit++)
        search->letters = search->letters || mask_get (meter, digit) > 9;
    search_decide (search, meter);
    search_leave (search, 1);
    if (first)
        meters_add (search->found, meter);
    if (search->pass == PASS_LEARN && search->found->len == SEARCH_LEARN_FROM) {
        search->pass = PASS_ALL;
        if (search_is_regular (search->found)) {
            search_learn_digits (search, search->found, TRUE);
            search_begin_pass (search, PASS_ALL);
        }
    }
    return first;
}

gboolean mbus_search_answer (MbusSearch *search, MbusSearchAnswer answer, const guint8 *meter)
{
    SearchNode *node = search->node;
    gboolean doubted = node->doubt == DOUBT_ITSELF;

    if (answer == MBUS_SEARCH_METER)
        return search_take_meter (search, meter);
    if (answer == MBUS_SEARCH_NOBODY) {
        search_decide (search, NULL);
        search_leave (search, 0);
        return FALSE;
    }
    search->noisy = ++search->barren > SEARCH_BARREN_MAX;
    if (doubted) { /* it was no mistake: who is there must be among the children */
        node->state = NODE_SPLIT;
        node->child = node->children;
        return FALSE;
    }
    node->mute = answer == MBUS_SEARCH_MUTE;
    node->collided = !node->mute;
    if (!search_split (search, node)) {
        search->unresolved++;
        search_leave (search, node->mute ? 1 : 2);
    }
    return FALSE;
}

void mbus_search_doubt (MbusSearch *search)
{
    search->doubted = TRUE;
}

gboolean mbus_search_is_doubted (const MbusSearch *search)
{
    return search->doubted;
}

guint mbus_search_confirm (MbusSearch *search)
{
    if (search->pass != PASS_OVER || search->noisy)
        return 0;
    for (guint i = search->regions->len; i-- > 0;)
        meters_add (search->confirm, g_array_index (search->regions, SearchRegion, i).mask);
    search->pass = PASS_CONFIRM;
    return search->confirm->len;
}

guint64 mbus_search_get_decided (const MbusSearch *search)
{
    return search->decided_max;
}

guint mbus_search_get_found (const MbusSearch *search)
{
    return search->found->len;
}

guint mbus_search_get_unresolved (const MbusSearch *search)
{
    return search->unresolved;
}

gboolean mbus_search_is_noisy (const MbusSearch *search)
{
    return search->noisy;
}
