"""The gate between the user's containers and the samplers.

It validates the input once, remembers its types, and assembles the output. Samplers
never touch a dataframe.

- ``gate`` checks the input and assembles the output; ``containing`` recognizes
  containers; ``carrying`` resamples other values with one entry per row.
- ``target`` reads y, weights and groups; ``multilabel`` reads multilabel targets;
  ``unlabeled`` finds the rows without a label, ``order`` the order of classes, and
  ``contents`` the rows with equal cells; ``labels`` makes row labels.
- ``arrays``, ``sparse`` and ``frames`` each read one type of container and add rows to
  it; ``of_pandas``, ``of_polars`` and ``of_arrow`` read and write single columns.
- ``draw`` defines the rows of the output; ``cells`` computes their cells from the
  columns that ``numbers`` and ``temporal`` read, and keeps the spacing of their values
  (``spacing``).
"""

from imbsuite._table.carrying import (
    carry,
    column_of,
    count_rows,
    each_row,
    in_rows,
    stack,
    take,
    under_labels_of,
)
from imbsuite._table.cells import Cells, Coins
from imbsuite._table.containing import contain, is_lazy, refuse_lazy, refuse_masked
from imbsuite._table.contents import Contents, contents_of
from imbsuite._table.draw import Draw, Rule, checked_draw, join_draws
from imbsuite._table.gate import (
    Gate,
    Table,
    check_table,
    which_categorical,
)
from imbsuite._table.multilabel import (
    MultiLabel,
    check_multilabel,
    is_multilabel,
    named_labels,
    with_labels,
)
from imbsuite._table.order import in_order, ordered_column, ordered_labels
from imbsuite._table.spacing import Spacing, join_spacings
from imbsuite._table.target import (
    check_groups,
    check_target,
    check_weight,
    count_odd_weights,
    label_codes,
    labels_of,
    refuse_labels,
    refuse_missing,
    refuse_missing_groups,
    refuse_pairs,
    refuse_weights,
    scaled_weight,
    single_target,
    sorted_classes,
)
from imbsuite._table.unlabeled import (
    labels_at,
    refuse_few_labeled,
    which_unlabeled,
)
