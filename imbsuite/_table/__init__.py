"""The gate between the user's containers and the samplers.

Validate once, remember what came in, put the output together. Nothing outside this room
touches a dataframe.

- ``gate`` checks and assembles; ``containing`` tells containers apart, ``carrying`` takes
  along what else comes one for each row; ``target``, ``unlabeled``, ``order`` and
  ``labels`` read y, weights and groups, which rows have a label, the order of classes, and
  row labels.
- ``arrays``, ``sparse`` and ``frames`` read and grow one kind of container each; what
  ``of_pandas``, ``of_polars`` and ``of_arrow`` know is columns.
- ``draw`` says which rows, ``cells`` makes their cells: of what ``numbers`` and
  ``temporal`` read, as whole as ``spacing`` finds them.
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
