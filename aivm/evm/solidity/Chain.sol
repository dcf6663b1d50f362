// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The chain's own operations of the paper's Table 9 as one contract of the EVM, with the same records
/// and the same rules of payment, and without what a contract cannot have: attested evidence, receipts
/// that are checked against a model's operations, quality, slashing windows, committees that are drawn.
contract Chain {
    enum Status {
        None,
        Matched,
        Submitted,
        Disputed,
        Settled,
        Refunded
    }

    struct Job {
        address client;
        Status status;
        uint64 deadline;
        address worker;
        uint96 price;
        bytes32 model;
        bytes32 input;
        bytes32 output;
        uint256 flops;
        uint128 bond;
        uint8 fails;
        uint8 votes;
    }

    struct Pool {
        uint64 free;
        uint64 target;
        uint128 parPrice;
        uint32 floorShare;
    }

    struct Reservation {
        address owner;
        uint64 until;
        uint64 milliSlots;
        uint128 paid;
        uint128 unitPrice;
    }

    struct Stake {
        uint128 bonded;
        uint128 unbonding;
        uint64 due;
    }

    uint256 constant UNIT = 1e12;
    uint256 constant PARTS = 1e9;
    uint256 constant JOB_MILLI_SLOTS = 1000;
    uint256 constant COMMITTEE = 7;
    uint64 constant UNBONDING = 302400;

    Pool public pool;
    address public nextWorker;
    uint256 public reservations;
    uint256 public burned;
    uint256 public validators;
    uint256 public verifiers;
    uint256 public fund;
    mapping(bytes32 => Job) public jobs;
    mapping(address => uint64) public orders;
    mapping(uint256 => Reservation) public reserved;
    mapping(address => Stake) public stakes;
    mapping(address => uint256) public balances;
    mapping(address => uint32) public busy;
    mapping(bytes32 => mapping(address => bool)) public voted;

    event JobSubmitted(bytes32 job, address client, uint256 maxPrice);
    event JobMatched(bytes32 job, address worker, uint256 price);
    event ResultSubmitted(bytes32 job, bytes32 output);
    event JobSettled(bytes32 job, uint256 paid, uint256 fees);
    event Disputed(bytes32 job, uint256 bond);
    event Voted(bytes32 job, address member, bool fails);
    event Decided(bytes32 job, bool fails);
    event Reserved(uint256 reservation, address owner, uint256 price);
    event Bonded(address account, uint256 amount);
    event Unbonding(address account, uint256 amount);
    event Withdrawn(address account, uint256 amount);

    constructor(address worker) {
        pool = Pool(64000, 128000, 1e12, 1e8);
        nextWorker = worker;
    }

    /// The curve of the chain's market: par price times the shifted square, and the floor.
    function unitPrice(Pool memory state, uint256 milliSlots) public pure returns (uint256) {
        uint256 shifted = 19 * uint256(state.free) + state.target;
        uint256 after_ = shifted - 19 * milliSlots;
        uint256 square = 400 * uint256(state.target) * state.target;
        uint256 scarce = (PARTS - state.floorShare) * square;
        uint256 floor = uint256(state.floorShare) * shifted * after_;
        uint256 divisor = PARTS * shifted * after_;
        return (state.parPrice * (scarce + floor) + divisor - 1) / divisor;
    }

    function deposit() external payable {
        balances[msg.sender] += msg.value;
    }

    function submitJob(uint64 order, bytes32 model, bytes32 input, uint256 flops, uint96 maxPrice)
        external
        returns (bytes32 id)
    {
        require(order > orders[msg.sender], "the order's number was used");
        orders[msg.sender] = order;
        id = keccak256(abi.encode(block.chainid, msg.sender, order, model, input, flops, maxPrice));
        Pool memory state = pool;
        require(state.free >= JOB_MILLI_SLOTS, "no capacity");
        uint256 price = (unitPrice(state, JOB_MILLI_SLOTS) * flops + UNIT - 1) / UNIT;
        require(price <= maxPrice, "the price is above the maximum");
        balances[msg.sender] -= price;
        pool.free = state.free - uint64(JOB_MILLI_SLOTS);
        address worker = nextWorker;
        busy[worker] += 1;
        jobs[id] = Job(
            msg.sender, Status.Matched, uint64(block.number) + 30, worker, uint96(price), model, input, 0,
            flops, 0, 0, 0
        );
        emit JobSubmitted(id, msg.sender, maxPrice);
        emit JobMatched(id, worker, price);
    }

    /// The worker's signature is the transaction's; no evidence and no receipt is checked.
    function submitResult(bytes32 id, bytes32 output) external {
        Job storage job = jobs[id];
        require(job.status == Status.Matched && job.worker == msg.sender, "not the job's worker");
        require(block.number <= job.deadline, "too late");
        job.status = Status.Submitted;
        job.output = output;
        job.deadline = uint64(block.number) + 1;
        emit ResultSubmitted(id, output);
    }

    /// The split of the fees: 80 % worker, 8 % validators, 5 % verifiers, 4 % fund, 3 % burned.
    function settle(bytes32 id) external {
        Job storage job = jobs[id];
        require(job.status == Status.Submitted && block.number > job.deadline, "not to be settled");
        job.status = Status.Settled;
        uint256 price = job.price;
        uint256 toValidators = (price * 8) / 100;
        uint256 toVerifiers = (price * 5) / 100;
        uint256 toFund = (price * 4) / 100;
        uint256 toBurn = (price * 3) / 100;
        uint256 toWorker = price - toValidators - toVerifiers - toFund - toBurn;
        balances[job.worker] += toWorker;
        validators += toValidators;
        verifiers += toVerifiers;
        fund += toFund;
        burned += toBurn;
        busy[job.worker] -= 1;
        pool.free += uint64(JOB_MILLI_SLOTS);
        emit JobSettled(id, toWorker, price - toWorker);
    }

    function dispute(bytes32 id, uint128 bond) external {
        Job storage job = jobs[id];
        require(job.status == Status.Submitted && job.client == msg.sender, "not to be disputed");
        require(bond >= job.price / 10, "the bond is too small");
        balances[msg.sender] -= bond;
        job.status = Status.Disputed;
        job.bond = bond;
        job.deadline = uint64(block.number) + 1800;
        emit Disputed(id, bond);
    }

    /// Anybody may vote here: a contract cannot draw a committee.
    function vote(bytes32 id, bool fails) external {
        Job storage job = jobs[id];
        require(job.status == Status.Disputed && !voted[id][msg.sender], "no vote");
        voted[id][msg.sender] = true;
        job.votes += 1;
        if (fails) {
            job.fails += 1;
        }
        emit Voted(id, msg.sender, fails);
        if (job.votes == COMMITTEE) {
            decide(id, job);
        }
    }

    function decide(bytes32 id, Job storage job) private {
        bool fails = uint256(job.fails) * 3 >= COMMITTEE * 2;
        if (fails) {
            uint256 taken = stakes[job.worker].bonded;
            stakes[job.worker].bonded = 0;
            balances[job.client] += job.price + job.bond;
            burned += taken;
            job.status = Status.Refunded;
        } else {
            balances[job.worker] += job.bond;
            job.status = Status.Submitted;
            job.deadline = uint64(block.number);
        }
        emit Decided(id, fails);
    }

    function swap(uint64 milliSlots, uint64 blocks, uint256 flops, uint256 maxPrice)
        external
        returns (uint256 id)
    {
        Pool memory state = pool;
        require(milliSlots >= JOB_MILLI_SLOTS && milliSlots <= state.free / 2, "not so many slots");
        uint256 unit = unitPrice(state, milliSlots);
        uint256 price = (unit * flops + UNIT - 1) / UNIT;
        require(price <= maxPrice, "the price is above the maximum");
        balances[msg.sender] -= price;
        pool.free = state.free - milliSlots;
        id = reservations++;
        reserved[id] = Reservation(
            msg.sender, uint64(block.number) + blocks, milliSlots, uint128(price), uint128(unit)
        );
        emit Reserved(id, msg.sender, price);
    }

    function stake(uint128 amount) external {
        balances[msg.sender] -= amount;
        stakes[msg.sender].bonded += amount;
        emit Bonded(msg.sender, amount);
    }

    function unstake(uint128 amount) external {
        Stake storage mine = stakes[msg.sender];
        mine.bonded -= amount;
        mine.unbonding += amount;
        mine.due = uint64(block.number) + UNBONDING;
        emit Unbonding(msg.sender, amount);
    }

    function withdraw() external {
        Stake storage mine = stakes[msg.sender];
        require(mine.unbonding > 0 && block.number >= mine.due, "not due");
        uint256 amount = mine.unbonding;
        mine.unbonding = 0;
        mine.due = 0;
        balances[msg.sender] += amount;
        emit Withdrawn(msg.sender, amount);
    }
}
