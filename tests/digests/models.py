"""The models whose numbers are held: small ones that take every way through the program.

A name, the model, and what is done besides running it. Together they have every kind of src/catalogue.def (run checks
that) and cross every constant that chooses a path: 256 samples in a chain of a gradient (600 and 1,300 at a time), 256
units or inputs in a block of a sum (300 units, 784 inputs), 64 units in a block of what is sent back (150), 64 steps
from one cut of small numbers to the next (130), sizes that are no multiple of a vector or tile (1, 33, 67, 90), inputs
that fire in 5 and in 60 of 100 steps; and weights that become infinite.
"""

# 784 inputs: no multiple of 256, more than two blocks of it.
MNIST = '{ folder = "$MNIST", n_train = 100, n_test = 40 }'
HDF5 = '{ kind = "hdf5", train = "train.h5", test = "test.h5" }'

MODELS = {
    "groups_rates": f"""
        data = {MNIST}
        time.steps = 6
        learning = {{ goodness = "class_groups", loss = "class_softmax", dropout = 0.1, rate = 0.002 }}
        plan = {{ epochs = 3, batch_size = 48 }}
        evaluation = {{ every_n_epochs = 1, n_train = 40, test = true }}
        recording = {{ variables = ["membrane", "spikes"], samples = [0, 5], n_neurons = 5 }}
        population.first = {{ size = 67, init = "uniform_fan_in" }}
        population.second = {{ size = 40, normalisation = "group", threshold = 0.5 }}
        population.third = {{ size = 30, measure = "count", threshold = 0.5 }}
        """,
    "groups_600_at_a_time": f"""
        data = {{ folder = "$MNIST", n_train = 700, n_test = 40, shift_pixels = 1 }}
        learning.goodness = {{ kind = "class_groups", power = 1 }}
        learning.loss = {{ kind = "class_softmax", alpha = 5.0 }}
        plan = {{ order = "layer_by_layer", epochs = 1, batch_size = 600 }}
        prediction = {{ by = "both", layers = "after_first" }}
        readout = {{ kind = "softmax", normalisation = "group", epochs = 2 }}
        evaluation = {{ n_train = 30 }}
        population.first = {{ size = 300, neuron = "relu" }}
        population.second = {{ size = 55, neuron = "relu", normalisation = "group" }}
        """,
    "groups_trains": f"""
        data = {MNIST}
        time.steps = 5
        encoding.kind = "poisson"
        learning = {{ goodness = "class_groups", loss = {{ kind = "class_softmax", alpha = 20.0 }} }}
        plan = {{ epochs = 2, batch_size = 40 }}
        evaluation = {{ n_train = 30 }}
        population.first = {{ size = 67, output = "spikes", threshold = 0.7 }}
        population.second = {{ size = 33, threshold = 0.4 }}
        """,
    "lif_rates": f"""
        data = {MNIST}
        time.steps = 6
        plan = {{ epochs = 2, batch_size = 48 }}
        evaluation = {{ every_n_epochs = 1, n_train = 40, test = true }}
        recording = {{ variables = ["membrane", "current", "spikes"], samples = [0, 5], n_neurons = 5 }}
        population.first = {{ size = 67, init = "uniform_fan_in" }}
        population.second = {{ size = 33, normalisation = "l2" }}
        population.third = {{ size = 1 }}
        """,
    "lif_reset_at_once": f"""
        data = {MNIST}
        time.steps = 7
        learning = {{ loss = {{ kind = "symba", alpha = 3.0 }}, rate = 0.004 }}
        plan = {{ order = "layer_by_layer", epochs = 2, batch_size = 50 }}
        evaluation = {{ n_train = 30 }}
        population.first.size = 67
        population.first.reset = "zero"
        population.first.reset_delay = false
        population.first.refractory_steps = 2
        population.first.init = "glorot_uniform"
        population.first.surrogate = {{ kind = "fast_sigmoid", k = 10.0 }}
        population.first.measure = "count"
        population.first.output = "count"
        population.second = {{ size = 33, reset_delay = false, surrogate = "fast_sigmoid" }}
        """,
    "lif_never_reset": f"""
        data = {MNIST}
        time.steps = 5
        learning.loss = {{ kind = "softplus", theta = 0.5, theta_per = "unit" }}
        learning.goodness = "sum_square"
        learning.rate = 0.0005
        learning.optimizer = {{ kind = "sgd", momentum = 0.9 }}
        learning.schedule = "cosine"
        negatives = {{ kind = "uniform_wrong", redraw = "once" }}
        plan = {{ order = "per_batch", updates_per_batch = 3, epochs = 3, batch_size = 60 }}
        evaluation = {{ n_train = 30 }}
        population.first.size = 35
        population.first.reset = "none"
        population.first.surrogate = {{ kind = "sigmoid", k = 8.0 }}
        population.first.measure = "membrane"
        population.first.output = "membrane"
        population.second = {{ size = 34, reset = "none", surrogate = "sigmoid", bias = false }}
        """,
    "lif_mean_membranes": f"""
        data = {MNIST}
        time.steps = 6
        learning.goodness = "mean_abs"
        learning.loss = {{ kind = "softplus", theta = 0.4 }}
        learning.schedule = "half_then_linear"
        learning.rate = 0.005
        negatives.kind = "permuted"
        plan = {{ phases = "separated", phase_updates = 2, epochs = 4, batch_size = 30 }}
        evaluation = {{ n_train = 30 }}
        recording.variables = ["membrane", "spikes"]
        recording.samples = [1]
        recording.neurons = [0, 3]
        recording.every_n_steps = 2
        recording.every_n_epochs = 2
        recording.labels = [4]
        recording.phases = ["negative", "neutral"]
        population.first.size = 6
        population.first.beta = [0.0, 0.5, 0.9, 0.95, 0.99, 1.0]
        population.first.threshold = [0.3, 0.5, 0.7, 1.0, 1.5, 2.0]
        population.first.init = {{ kind = "normal", sd = 0.05 }}
        population.first.surrogate = {{ kind = "triangular", width = 0.8 }}
        population.first.measure = "membrane_mean"
        population.first.output = "membrane_mean"
        population.second = {{ size = 17, surrogate = "triangular", measure = "membrane_mean", tau_mem_ms = 12.5 }}
        """,
    "lif_straight_through": f"""
        data = {MNIST}
        time = {{ steps = 8, dt_ms = 0.5 }}
        learning.goodness = {{ kind = "sum_square", minimise = true }}
        learning.loss = {{ kind = "softplus", theta = 3.0 }}
        learning.rate = 0.0002
        plan = {{ phases = "separated", phase_updates = 0, epochs = 4, batch_size = 50 }}
        evaluation = {{ n_train = 30 }}
        population.first.size = 67
        population.first.reset = "zero"
        population.first.refractory_steps = 1
        population.first.tau_mem_ms = 4.0
        population.first.surrogate = "straight_through"
        population.first.init = {{ kind = "uniform_fan_in", bias = "zero" }}
        population.second = {{ size = 33, reset = "zero", surrogate = "straight_through", measure = "membrane" }}
        """,
    "lif_many_steps": """
        data = { kind = "hdf5", train = "narrow.h5", n_train = 40 }
        overlay.where = "first"
        time.steps = 130
        encoding.kind = "latency"
        plan = { epochs = 2, batch_size = 20 }
        population.first = { size = 19, beta = 0.5, threshold = 0.2, output = "spikes", normalisation = "none" }
        population.second = { size = 18, beta = 0.45, threshold = 0.2, refractory_steps = 3 }
        """,
    "relu_600_at_a_time": f"""
        data = {HDF5[:-2]}, n_train = 600 }}
        overlay.where = "first"
        time.steps = 1
        learning = {{ goodness = "mean_abs", optimizer = "sgd", rate = 0.3, weight_decay = 0.01 }}
        plan = {{ epochs = 2, batch_size = 0 }}
        evaluation = {{ n_train = 40 }}
        recording = {{ variables = ["current", "activation"], samples = [0, 1], n_neurons = 4 }}
        population.first.neuron = "relu"
        population.first.size = 33
        population.first.normalisation = "l2"
        population.first.init = {{ kind = "normal_fan_in", gain = 1.4142, bias = "normal" }}
        population.second = {{ neuron = "relu", size = 10 }}
        """,
    "lif_1300_at_a_time": f"""
        data = {HDF5}
        overlay.where = "first"
        time.steps = 4
        learning.loss = {{ kind = "softplus", theta = 0.1 }}
        learning.optimizer = {{ kind = "adam", beta1 = 0.8, beta2 = 0.99, epsilon = 1e-6, decoupled_decay = true }}
        learning.weight_decay = 0.05
        plan = {{ epochs = 1, batch_size = 1300 }}
        evaluation = {{ n_train = 40 }}
        population.first = {{ size = 33 }}
        population.second = {{ neuron = "relu", size = 17, output = "activation" }}
        """,
    "relu_1300_three_negatives": """
        data = { kind = "hdf5", train = "train.h5", test = "test.h5", offset = 0.25, scale = 0.5 }
        time.steps = 1
        learning.loss = { kind = "softplus", theta = 0.002, theta_per = "input" }
        learning.goodness = "sum_square"
        learning.rate = 0.003
        negatives.per_positive = 3
        overlay = { where = "appended", value = 3.0, smoothing = 0.1 }
        plan = { epochs = 1, batch_size = 1300, shuffle = false }
        evaluation = { n_train = 40 }
        population.first = { neuron = "relu", size = 16 }
        population.second = { neuron = "relu", size = 15 }
        """,
    "leaky_relu_tanh": f"""
        data = {MNIST[:-2]}, offset = 0.1307, scale = 0.3081 }}
        time.steps = 1
        learning.loss = {{ kind = "symba", alpha = 4.0 }}
        overlay = {{ value = 2.0, smoothing = 0.2 }}
        negatives = {{ kind = "hard", power = 3.5, every_n_epochs = 2 }}
        plan = {{ epochs = 3, batch_size = 64 }}
        evaluation = {{ n_train = 30 }}
        population.first = {{ neuron = "leaky_relu", slope = 0.05, size = 300 }}
        population.second = {{ neuron = "tanh", size = 90, init = {{ kind = "glorot_uniform", bias = "normal" }} }}
        """,
    "sigmoid_silu_linear": f"""
        data = {MNIST}
        time.steps = 1
        negatives = {{ kind = "hard", choose = "best", rank = "episode" }}
        plan = {{ order = "layer_by_layer", episodes = 2, epochs = 2, batch_size = 50 }}
        evaluation = {{ n_train = 30 }}
        population.first = {{ neuron = "sigmoid", size = 67, init = {{ kind = "normal", sd = 0.1, bias = "uniform" }} }}
        population.second = {{ neuron = "silu", size = 33, normalisation = "none" }}
        population.third = {{ neuron = "linear", size = 9, normalisation = "none" }}
        """,
    "hybrid_masks": f"""
        data = {MNIST}
        time.steps = 5
        overlay.kind = "none"
        negatives = {{ kind = "hybrid_mask", n_blurs_least = 3, n_blurs_most = 6 }}
        plan = {{ epochs = 2, batch_size = 50 }}
        readout = {{ kind = "softmax", epochs = 2, batch_size = 40 }}
        prediction.by = "head"
        recording = {{ variables = ["current"], samples = [0], phases = ["neutral"], n_neurons = 3 }}
        population.first = {{ neuron = "relu", size = 40 }}
        population.second = {{ size = 33 }}
        """,
    "read_out_of_both": f"""
        data = {MNIST}
        time.steps = 5
        plan = {{ order = "per_batch", epochs = 2, batch_size = 50 }}
        readout.kind = "softmax"
        readout.layers = "after_first"
        readout.normalisation = "rms"
        readout.standardise = false
        readout.epochs = 4
        readout.batch_size = 30
        readout.rate = 0.1
        readout.weight_decay = 0.01
        readout.optimizer = {{ kind = "sgd", momentum = 0.5 }}
        readout.schedule = "cosine"
        prediction = {{ by = "both", layers = "after_first" }}
        population.first = {{ size = 40 }}
        population.second = {{ neuron = "relu", size = 33 }}
        """,
    "read_out_l2": f"""
        data = {MNIST}
        time.steps = 3
        learning.loss = {{ kind = "softplus", theta = 1.0 }}
        plan = {{ epochs = 1, batch_size = 50 }}
        readout.kind = "softmax"
        readout.normalisation = "l2"
        readout.epochs = 3
        readout.batch_size = 0
        readout.schedule = "half_then_linear"
        prediction.by = "both"
        population.first = {{ neuron = "silu", size = 40 }}
        population.second = {{ size = 33, output = "membrane_mean" }}
        """,
    "moved_images_dropout": f"""
        data = {MNIST[:-2]}, shift_pixels = 2, warp_pixels = 1.5, mirror = true }}
        time.steps = 4
        learning = {{ dropout = 0.3, weight_decay = 0.001 }}
        plan = {{ epochs = 2, batch_size = 35 }}
        evaluation = {{ n_train = 30 }}
        population.first = {{ size = 45 }}
        population.second = {{ neuron = "relu", size = 31 }}
        """,
    "best_epoch_kept": f"""
        data = {MNIST[:-2]}, n_validation = 60 }}
        time.steps = 3
        learning.rate = 0.03
        plan = {{ epochs = 12, batch_size = 50, keep = "best", patience = 2 }}
        evaluation = {{ every_n_epochs = 1, n_train = 20, test = true }}
        population.first = {{ size = 30 }}
        population.second = {{ neuron = "relu", size = 20 }}
        """,
    "poisson_trains": f"""
        data = {MNIST}
        time.steps = 8
        encoding = {{ kind = "poisson", max_rate_hz = 800.0 }}
        plan = {{ epochs = 1, batch_size = 25 }}
        evaluation = {{ n_train = 10 }}
        recording = {{ variables = ["spikes", "membrane"], samples = [0], n_neurons = 5 }}
        population.first = {{ size = 37, normalisation = "none", output = "spikes" }}
        population.second.size = 33
        population.second.normalisation = "none"
        population.second.output = "spikes"
        population.second.threshold = 0.2
        population.second.reset = "zero"
        population.second.surrogate = "triangular"
        population.third = {{ size = 12, normalisation = "none", threshold = 0.1, refractory_steps = 1 }}
        """,
    "poisson_dropout": f"""
        data = {MNIST}
        time.steps = 6
        encoding.kind = "poisson"
        learning = {{ dropout = 0.2, rate = 0.003 }}
        plan = {{ order = "layer_by_layer", epochs = 2, batch_size = 50 }}
        evaluation = {{ n_train = 10 }}
        population.first = {{ size = 33, normalisation = "rms" }}
        population.second = {{ size = 20, output = "rate", reset_delay = false }}
        population.third = {{ neuron = "relu", size = 8 }}
        """,
    "latencies": f"""
        data = {MNIST}
        time.steps = 9
        encoding.kind = "latency"
        plan = {{ order = "per_batch", epochs = 1, batch_size = 40 }}
        evaluation = {{ n_train = 10 }}
        recording = {{ variables = ["current"], samples = [2], n_neurons = 3 }}
        population.first = {{ size = 37 }}
        population.second = {{ neuron = "relu", size = 20 }}
        """,
    "latencies_of_a_membrane": f"""
        data = {MNIST}
        time = {{ steps = 12, dt_ms = 2.0 }}
        encoding = {{ kind = "latency", curve = "rc", threshold = 0.2, tau_ms = 10.0 }}
        overlay.where = "appended"
        learning.on_divergence = "skip"
        plan = {{ order = "layer_by_layer", epochs = 1, batch_size = 40 }}
        evaluation = {{ n_train = 10 }}
        population.first = {{ size = 33, output = "spikes", tau_mem_ms = 7.0 }}
        population.second = {{ size = 20, measure = "count", output = "count" }}
        """,
    "sparse_trains": """
        data = { kind = "hdf5", train = "sparse.h5" }
        time.steps = 10
        plan = { epochs = 2, batch_size = 25 }
        evaluation = { n_train = 20 }
        recording = { variables = ["membrane", "spikes"], samples = [], n_neurons = 2 }
        population.first = { size = 67, output = "spikes", normalisation = "none", threshold = 0.5 }
        population.second = { size = 33, normalisation = "none", threshold = 0.1 }
        """,
    "dense_trains": """
        data = { kind = "hdf5", train = "dense.h5", test = "dense.h5", n_test = 20 }
        time.steps = 8
        learning = { optimizer = { kind = "sgd", momentum = 0.9 }, rate = 0.005 }
        plan = { epochs = 2, batch_size = 60 }
        evaluation = { n_train = 20 }
        population.first.size = 90
        population.first.output = "spikes"
        population.first.normalisation = "none"
        population.first.init = { kind = "normal_fan_in", gain = 2.0 }
        population.second = { size = 33, normalisation = "none", output = "spikes" }
        population.third = { size = 1, normalisation = "none", measure = "membrane" }
        """,
    "series_of_values": """
        data = { kind = "hdf5", train = "ramp.h5", test = "ramp.h5", n_test = 20 }
        time.steps = 12
        plan = { order = "layer_by_layer", epochs = 2, batch_size = 32 }
        evaluation = { n_train = 20 }
        population.first = { size = 34, normalisation = "rms", output = "spikes" }
        population.second = { size = 21, normalisation = "none" }
        """,
    "changes": """
        data = { kind = "hdf5", train = "ramp.h5" }
        time.steps = 12
        encoding = { kind = "delta", threshold = 0.3, off_spikes = true }
        plan = { epochs = 2, batch_size = 32 }
        evaluation = { n_train = 20 }
        population.first = { size = 34 }
        population.second = { size = 21 }
        """,
    "spoken_digits": """
        data = { kind = "shd", train = "spoken.h5", test = "spoken.h5", n_test = 12, per_bin = "counts" }
        time = { steps = 10, dt_ms = 12.5 }
        overlay.n_labels = 4
        plan = { epochs = 2, batch_size = 24 }
        evaluation = { n_train = 12 }
        population.first = { size = 33, output = "spikes" }
        population.second = { size = 16, normalisation = "none" }
        """,
    "flickering_digits": """
        data = { kind = "nmnist", folder = "seen" }
        time = { steps = 4, dt_ms = 4.0 }
        plan = { epochs = 1, batch_size = 10 }
        evaluation = { n_train = 4 }
        population.first = { size = 17, normalisation = "rms" }
        population.second = { neuron = "relu", size = 9 }
        """,
    "arrays_of_numpy": """
        data = { kind = "numpy", train = "arrays.npz" }
        time.steps = 4
        plan = { epochs = 2, batch_size = 30 }
        population.first.size = 21
        """,
    "table_of_text": """
        data = { kind = "csv", train = "table.csv", scale = 255.0 }
        time.steps = 4
        overlay.n_labels = 3
        plan = { epochs = 2, batch_size = 30 }
        population.first.size = 21
        """,
    "folders_of_images": """
        data = { kind = "images", train = "pictures" }
        time.steps = 4
        overlay.n_labels = 4
        plan = { epochs = 2, batch_size = 30 }
        population.first.size = 21
        """,
    "weights_from_a_file": f"""
        data = {MNIST}
        time.steps = 4
        plan = {{ epochs = 1, batch_size = 30 }}
        evaluation = {{ n_train = 30 }}
        population.first = {{ size = 67, init = {{ kind = "file", path = "init.h5" }} }}
        population.hidden = {{ size = 33, init = {{ kind = "file", path = "init.h5", population = "second" }} }}
        """,
    "weights_from_nir": """
        data = { kind = "hdf5", train = "train.h5", test = "test.h5", n_train = 120 }
        overlay.where = "first"
        time.steps = 4
        negatives.kind = "given"
        plan = { epochs = 1, batch_size = 50 }
        evaluation = { n_train = 30 }
        population.first = { neuron = "relu", size = 90, init = { kind = "nir", path = "net.nir", node = "first" } }
        population.second = { size = 300, measure = "membrane" }
        """,
    "small_velocities": """
        data = { kind = "hdf5", train = "fading.h5" }
        overlay.where = "first"
        time.steps = 2
        learning = { optimizer = { kind = "sgd", momentum = 0.5 }, rate = 0.01 }
        plan = { epochs = 1, batch_size = 1, shuffle = false }
        evaluation = { n_train = 20 }
        population.first = { neuron = "relu", size = 7, normalisation = "none" }
        population.second = { size = 5 }
        """,
    "small_moments": """
        data = { kind = "hdf5", train = "fading.h5" }
        overlay.where = "first"
        time.steps = 2
        learning = { optimizer = { kind = "adam", beta1 = 0.5, beta2 = 0.6, epsilon = 1e-30 }, rate = 0.001 }
        plan = { epochs = 1, batch_size = 1, shuffle = false }
        evaluation = { n_train = 20 }
        population.first = { neuron = "relu", size = 7, normalisation = "none" }
        population.second = { size = 5 }
        """,
    "diverging_rates": """
        data = { kind = "hdf5", train = "huge.h5" }
        time.steps = 3
        learning = { on_divergence = "warn", rate = 0.01 }
        overlay = { where = "appended", value = 1.0 }
        plan = { epochs = 2, batch_size = 50 }
        evaluation = { every_n_epochs = 1, n_train = 20 }
        recording = { variables = ["current", "membrane"], samples = [], n_neurons = 3 }
        population.first = { neuron = "relu", size = 33, normalisation = "none" }
        population.second = { size = 17 }
        """,
    "diverging_trains": """
        data = { kind = "hdf5", train = "sparse.h5", test = "sparse.h5", n_test = 10 }
        time.steps = 10
        learning = { on_divergence = "warn", optimizer = "sgd", loss = { kind = "swish", alpha = 1e6 }, rate = 3e38 }
        plan = { epochs = 2, batch_size = 20 }
        evaluation = { n_train = 10 }
        recording = { variables = ["current", "membrane", "spikes"], samples = [0], n_neurons = 3 }
        population.first = { size = 33, output = "spikes", normalisation = "none" }
        population.second = { size = 17, normalisation = "none" }
        """,
    "backprop_smooth": f"""
        data = {MNIST}
        time.steps = 1
        learning = {{ rule = "backprop", dropout = 0.1, rate = 0.002 }}
        plan = {{ epochs = 2, batch_size = 40 }}
        population.first = {{ neuron = "silu", size = 90 }}
        population.second = {{ neuron = "tanh", size = 150, normalisation = "rms" }}
        population.third = {{ neuron = "sigmoid", size = 67, normalisation = "l2" }}
        population.logits = {{ neuron = "linear", size = 10 }}
        """,
    "backprop_600_at_a_time": f"""
        data = {HDF5[:-2]}, n_train = 600 }}
        time.steps = 1
        learning.rule = "backprop"
        learning.optimizer = {{ kind = "sgd", momentum = 0.9 }}
        learning.rate = 0.2
        learning.weight_decay = 0.001
        plan = {{ epochs = 2, batch_size = 600 }}
        evaluation = {{ n_train = 40 }}
        population.first = {{ neuron = "leaky_relu", size = 33 }}
        population.logits = {{ neuron = "linear", size = 10 }}
        """,
    "backprop_rates": f"""
        data = {MNIST[:-2]}, n_validation = 40 }}
        time.steps = 5
        learning = {{ rule = "backprop", schedule = "cosine", rate = 0.004 }}
        plan = {{ epochs = 2, batch_size = 40, keep = "best" }}
        evaluation = {{ every_n_epochs = 1, test = true, n_train = 40 }}
        population.first = {{ size = 67, surrogate = "fast_sigmoid" }}
        population.second = {{ size = 33, reset_delay = false, output = "membrane_mean" }}
        population.logits = {{ size = 10, reset = "none", output = "membrane" }}
        """,
    "backprop_trains": f"""
        data = {MNIST}
        time.steps = 7
        learning = {{ rule = "backprop", rate = 0.003 }}
        plan = {{ epochs = 1, batch_size = 25 }}
        evaluation = {{ n_train = 30 }}
        recording = {{ variables = ["membrane", "spikes"], samples = [0], n_neurons = 4 }}
        population.first.size = 67
        population.first.output = "spikes"
        population.first.refractory_steps = 1
        population.first.init = {{ kind = "normal_fan_in", gain = 2.0 }}
        population.second.size = 33
        population.second.output = "spikes"
        population.second.reset = "zero"
        population.second.init = {{ kind = "normal_fan_in", gain = 3.0 }}
        population.output = {{ size = 10, output = "count", init = {{ kind = "normal_fan_in", gain = 4.0 }} }}
        """,
    "backprop_poisson": """
        data = { kind = "hdf5", train = "narrow.h5" }
        time.steps = 6
        encoding.kind = "poisson"
        learning = { rule = "backprop", dropout = 0.2, rate = 0.005 }
        plan = { epochs = 2, batch_size = 50 }
        population.first = { size = 67, output = "spikes" }
        population.logits = { neuron = "linear", size = 10 }
        """,
    "backprop_diverging": """
        data = { kind = "hdf5", train = "dense.h5" }
        time.steps = 8
        learning = { rule = "backprop", on_divergence = "warn", optimizer = "sgd", rate = 3e38 }
        plan = { epochs = 2, batch_size = 20 }
        evaluation = { n_train = 10 }
        population.first = { size = 33, output = "spikes" }
        population.output = { size = 10, output = "membrane" }
        """,
}

# What `snnff-sim trace` finds in a run: further options, by the run's name.
TRACES = {
    "lif_rates": ("--samples", "0:2", "--labels", "all", "--steps", "9"),
    "lif_mean_membranes": ("--samples", "3"),
    "dense_trains": ("--samples", "1:3"),
}
